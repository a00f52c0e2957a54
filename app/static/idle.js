/* Closes the chart on a screen that nobody uses. The server decides; this page tells it what it notices, asks before it
   closes anything (another tab may be in use), and saves what was being typed. Nothing is kept in the browser. */
(() => {
  'use strict';

  const here = document.getElementById('in-use');
  if (!here) return;
  const MINUTE = 60000;
  let closesAt = Date.now() + Number(here.dataset.secondsLeft) * 1000;
  let touched = false;
  let typed = false;
  let toldAt = Date.now();
  let busy = false;

  ['pointerdown', 'pointermove', 'keydown', 'wheel', 'touchstart'].forEach((kind) => {
    document.addEventListener(kind, () => { touched = true; }, { passive: true, capture: true });
  });
  document.addEventListener('input', () => { touched = true; typed = true; }, true);

  const send = (address, fields) => {
    const body = new URLSearchParams(fields);
    body.set('csrf_token', here.dataset.csrf);
    body.set('patient', here.dataset.patient);
    return fetch(address, { method: 'POST', body, credentials: 'same-origin', redirect: 'error' });
  };

  const close = async () => {
    document.body.hidden = true;
    const keeper = document.querySelector('form [hx-post*="/draft/"]');
    if (typed && keeper) {
      try {
        await send(keeper.getAttribute('hx-post'), new FormData(keeper.closest('form')));
      } catch { /* The last automatic draft is kept all the same. */ }
    }
    window.location.replace(here.dataset.closed);
  };

  /* True while the chart may stay. */
  const tell = async (by) => {
    toldAt = Date.now();
    touched = false;
    try {
      const answer = await send(here.dataset.address, { by });
      if (!answer.ok) return false;
      closesAt = Date.now() + (await answer.json()).seconds_left * 1000;
      return closesAt > Date.now();
    } catch {
      /* No answer: a page that cannot ask keeps to the time that it knows. */
      return closesAt > Date.now();
    }
  };

  const look = async () => {
    if (busy) return;
    busy = true;
    const timer = document.getElementById('timer');
    const onCall = Boolean(timer) && timer.dataset.running === 'yes';
    const over = Date.now() >= closesAt;
    let stays = true;
    if (over) stays = await tell('ask');
    else if (Date.now() - toldAt >= MINUTE && (touched || onCall)) stays = await tell(touched ? 'person' : 'timer');
    busy = false;
    if (!stays) await close();
  };

  /* A background tab is woken once a minute; one that slept is looked at as soon as it is seen again. */
  setInterval(look, 5000);
  ['visibilitychange', 'pageshow', 'focus'].forEach((kind) => window.addEventListener(kind, look));
  document.addEventListener('visibilitychange', look);
})();
