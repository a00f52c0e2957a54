/* The little that a page does by itself: the clock ticks, an error comes into view, unsaved typing is warned about.
   Nothing is kept in the browser. Every form works without this file. */
(() => {
  'use strict';

  const words = (seconds) =>
    `${String(Math.floor(seconds / 60)).padStart(2, '0')}:${String(seconds % 60).padStart(2, '0')}`;

  /* The server's count is the truth; this only shows the seconds since the page was drawn. */
  let drawn = Date.now();
  let shown = null;
  const tick = () => {
    const timer = document.getElementById('timer');
    if (!timer) return;
    if (timer !== shown) {
      shown = timer;
      drawn = Date.now();
    }
    const clock = timer.querySelector('.timer__clock');
    if (!clock || timer.dataset.running !== 'yes') return;
    const since = Math.floor((Date.now() - drawn) / 1000);
    clock.textContent = words(Number(timer.dataset.seconds) + since);
  };
  setInterval(tick, 1000);

  /* The minutes follow the clock until somebody writes their own. */
  const minutes = document.querySelector('[data-follows-timer]');
  if (minutes) {
    let own = false;
    minutes.addEventListener('input', () => { own = true; });
    setInterval(() => {
      const clock = document.querySelector('#timer .timer__clock');
      if (own || !clock) return;
      minutes.value = String(Math.max(1, Number(clock.textContent.split(':')[0])));
    }, 1000);
  }

  /* A form that came back with errors: the summary is what the eye and the screen reader should meet first. */
  /* Chromium ignores `autofocus` in a frame of another site, so the first answer is focused here; but never away from
     a field in which somebody was quicker. */
  const errors = document.getElementById('errors');
  /* A link may lead to one field of a form: that one is focused then. */
  const asked = document.getElementById(window.location.hash.slice(1));
  const field = asked && asked.matches('input, select, textarea') ? asked : null;
  const first = errors || field || document.querySelector('[data-focus]');
  const atWork = document.activeElement && document.activeElement !== document.body;
  if (first && (errors || !atWork)) first.focus({ preventScroll: !errors });

  /* On the way to the EHR's sign-in there is nothing to decide: the form goes by itself. The button is for when it cannot. */
  const onward = document.querySelector('form[data-onward]');
  if (onward) onward.submit();

  /* One press sends once: a second press on a slow line would only wait for the first. A form that may be sent again
     (`data-again`) brings a file and leaves the page as it is. */
  document.addEventListener('submit', (event) => {
    const form = event.target;
    if (form.dataset.sent === 'yes') {
      event.preventDefault();
      return;
    }
    if (form.method === 'post' && !form.hasAttribute('hx-post') && !form.hasAttribute('data-again')) {
      form.dataset.sent = 'yes';
      const button = form.querySelector('[data-sending]') || document.querySelector(`[form="${form.id}"][data-sending]`);
      if (button) {
        button.setAttribute('aria-disabled', 'true');
        button.textContent = button.dataset.sending;
      }
    }
  });
  window.addEventListener('pageshow', (event) => {
    if (!event.persisted) return;
    document.querySelectorAll('form[data-sent]').forEach((form) => delete form.dataset.sent);
  });

  /* A text to paste. In a frame of another site the browser may refuse its clipboard; the older way mostly works there, and
     else the text is selected, so that two keys copy it. */
  const copy = document.querySelector('[data-copy]');
  if (copy) {
    const text = document.getElementById(copy.dataset.copy);
    const said = document.getElementById('copied');
    const byHand = () => {
      text.focus();
      text.select();
      try { return document.execCommand('copy'); } catch { return false; }
    };
    copy.hidden = false;
    copy.addEventListener('click', async () => {
      let done = true;
      try { await navigator.clipboard.writeText(text.value); } catch { done = byHand(); }
      said.textContent = done
        ? 'Copied. Paste it into a note of this patient’s chart.'
        : 'Your browser keeps Chartside from copying. The text is selected: press Ctrl+C (on a Mac ⌘C).';
    });
  }

  /* Printing is offered where a page is made for it; without this file the browser's own way prints the same. */
  const printer = document.querySelector('[data-print]');
  if (printer) {
    printer.hidden = false;
    printer.addEventListener('click', () => window.print());
  }

  /* Fields that only matter for one answer are shown with it. Without this file they are simply all there. */
  const reveal = () => {
    document.querySelectorAll('[data-shown-when]').forEach((part) => {
      const [name, ...answers] = part.dataset.shownWhen.split(' ');
      const chosen = document.querySelector(`select[name="${name}"], [name="${name}"]:checked`);
      part.hidden = !(chosen && answers.includes(chosen.value));
    });
  };
  document.addEventListener('change', reveal);
  document.addEventListener('htmx:afterSwap', reveal);
  reveal();

  /* One tick for several that stay in view: it sets each of them, and gives way as soon as one of them is taken back. */
  document.querySelectorAll('[data-ticks]').forEach((all) => {
    const each = () => Array.from(document.querySelectorAll(`[name="${all.dataset.ticks}"]`));
    all.addEventListener('change', () => each().forEach((box) => { box.checked = all.checked; }));
    document.addEventListener('change', (event) => {
      if (event.target.name === all.dataset.ticks) all.checked = each().every((box) => box.checked);
    });
  });
})();
