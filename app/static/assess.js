/* A questionnaire while it is filled in: what an answer opens, how far it is, and the crisis steps at once.
   Nothing is kept in the browser, and every form works without this file. */
(() => {
  'use strict';

  const form = document.getElementById('form');
  if (!form) return;

  const given = (name) => [...form.elements]
    .filter((field) => field.name === name && (!['radio', 'checkbox'].includes(field.type) || field.checked))
    .filter((field) => !field.closest('[data-enable][hidden]'))
    .map((field) => field.value.trim())
    .filter(Boolean);

  const order = { '>': (a, b) => a > b, '<': (a, b) => a < b, '>=': (a, b) => a >= b, '<=': (a, b) => a <= b };
  const holds = (rule) => {
    const [name, operator, value] = rule.split('|');
    const answers = given(name);
    if (operator === 'exists') return (answers.length > 0) === (value === 'yes');
    if (operator === '=') return answers.includes(value);
    if (operator === '!=') return answers.length > 0 && !answers.includes(value);
    return answers.some((each) => order[operator](Number(each), Number(value)));
  };

  /* Twice, since an answer may open a question whose answer opens another. */
  const enable = () => {
    for (let round = 0; round < 2; round += 1) {
      form.querySelectorAll('[data-enable]').forEach((part) => {
        const rules = part.dataset.enable.split('\n').map(holds);
        part.hidden = part.dataset.enableHow === 'any' ? !rules.some(Boolean) : !rules.every(Boolean);
      });
    }
  };
  form.querySelectorAll('[data-enable] > .field > .only-if').forEach((words) => { words.hidden = true; });

  const answered = (part) => [...part.querySelectorAll(':scope > .field input, :scope > .field select, :scope > .field textarea')]
    .some((field) => (['radio', 'checkbox'].includes(field.type) ? field.checked : field.value.trim()));
  const count = () => {
    const words = document.querySelector('[data-progress-words]');
    if (!words) return;
    const asked = [...form.querySelectorAll('[data-question]')].filter((part) => !part.closest('[data-enable][hidden]'));
    const done = asked.filter(answered).length;
    words.textContent = `${done} of ${asked.length} answered`;
    document.querySelector('.assess-progress .meter__filled').setAttribute('width', String(96 * done / (asked.length || 1)));
  };

  /* "None of these" and another answer cannot both be true. */
  const alone = (field) => {
    if (!field.checked || field.type !== 'checkbox' || !field.closest('.assess-item')) return;
    form.querySelectorAll(`[name="${field.name}"]:checked`).forEach((other) => {
      if (other !== field && (field.hasAttribute('data-alone') || other.hasAttribute('data-alone'))) other.checked = false;
    });
  };

  /* The steps open where the answer was given and take the focus: nobody scrolls past them. */
  const crisis = document.getElementById('crisis');
  const danger = (field) => {
    const chosen = form.querySelector('[data-danger]:checked');
    crisis.hidden = !chosen;
    if (!chosen || !field || !field.hasAttribute('data-danger')) return;
    chosen.closest('.assess-item').after(crisis);
    crisis.focus({ preventScroll: true });
    crisis.scrollIntoView({ block: 'nearest' });
  };

  const look = (field) => {
    if (field) alone(field);
    enable();
    count();
    if (crisis) danger(field);
  };
  form.addEventListener('change', (event) => look(event.target));
  form.addEventListener('input', count);
  look(null);

  /* The first question that is not answered yet has the focus, unless somebody was quicker or an error wants it. */
  const atWork = document.activeElement && document.activeElement !== document.body;
  const open = [...form.querySelectorAll('[data-question]')].find((part) => !answered(part) && !part.closest('[hidden], details'));
  const first = open && open.querySelector('input, select, textarea');
  if (first && !atWork && !document.getElementById('errors')) first.focus({ preventScroll: true });
})();
