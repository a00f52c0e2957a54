/* Reconciling: one key answers a line and goes on to the next, and "all others" is seen before it is sent.
   Letters count only while the focus is on an answer, never in a text field. The form works without this file. */
(() => {
  'use strict';

  const form = document.getElementById('form');
  const lines = form ? [...form.querySelectorAll('[data-medicine]')] : [];
  if (!lines.length) return;

  const drawn = (line) => line.getClientRects().length > 0 && !line.closest('details:not([open])');
  const chosen = (line) => line.querySelector('input[type=radio]:checked');
  const change = (field) => field.dispatchEvent(new Event('change', { bubbles: true }));

  const count = () => {
    const words = form.querySelector('[data-answered]');
    const asked = lines.filter(drawn).filter((line) => !line.closest('details'));
    words.textContent = `${asked.filter(chosen).length} of ${asked.length} answered.`;
  };

  const goOn = (line) => {
    const rest = lines.slice(lines.indexOf(line) + 1).filter(drawn);
    const next = rest.find((each) => !chosen(each)) || form.querySelector('[data-rest]');
    const field = next.matches('input') ? next : next.querySelector('input[type=radio]');
    field.focus();
    next.scrollIntoView({ block: 'nearest' });
  };

  form.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.key.length !== 1) return;
    const on = event.target.closest('[data-medicine]');
    if (!on || event.target.type !== 'radio') return;
    const answer = on.querySelector(`[data-letter="${CSS.escape(event.key.toLowerCase())}"]`);
    if (!answer) return;
    event.preventDefault();
    answer.checked = true;
    change(answer);
    if (answer.value === 'differently') on.querySelector('input:not([type=radio])').focus();
    else goOn(on);
  });

  /* Enter in "how" goes on to the next line instead of sending a form that is half filled in. */
  form.addEventListener('keydown', (event) => {
    const on = event.target.closest('[data-medicine]');
    if (event.key !== 'Enter' || !on || event.target.type === 'radio') return;
    event.preventDefault();
    goOn(on);
  });

  form.addEventListener('change', (event) => {
    if (event.target.matches('[data-rest]')) {
      const free = lines.filter((line) => line.hasAttribute('data-clear'));
      free.forEach((line) => {
        const taking = line.querySelector('input[value=taking]');
        if (event.target.checked && !chosen(line)) {
          taking.checked = true;
          taking.dataset.byAll = 'yes';
        } else if (!event.target.checked && taking.dataset.byAll) {
          taking.checked = false;
          delete taking.dataset.byAll;
        }
      });
    }
    count();
  });

  count();
})();
