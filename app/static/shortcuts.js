/* The list of shortcuts: ? opens it wherever nobody is typing, and in it one key chooses a line. Without this file the same
   list stands on the help page, and every key of it is a link or a button of the page. */
(() => {
  'use strict';

  const list = document.getElementById('shortcuts');
  if (!list) return;
  const opener = document.getElementById('shortcuts-open');

  const show = () => {
    if (!list.open) list.showModal();
  };

  if (opener) {
    opener.addEventListener('click', (event) => {
      event.preventDefault();
      show();
    });
  }

  const typing = (where) =>
    where.isContentEditable
    || where.matches('textarea, select, input:not([type="radio"]):not([type="checkbox"])');

  document.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || event.defaultPrevented) return;
    if (list.open) {
      const line = list.querySelector(`[data-key="${CSS.escape(event.key.toLowerCase())}"]`);
      if (!line) return;
      event.preventDefault();
      list.close();
      line.click();
    } else if (event.key === '?' && list.dataset.keys === 'on' && !typing(event.target)) {
      event.preventDefault();
      show();
    }
  });
})();
