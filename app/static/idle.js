/* Closes the chart on a screen that nobody uses. The server decides; this page tells it what it notices, asks before it
   closes anything (another tab may be in use), and saves what was being typed. Nothing is kept in the browser. */
(() => {
  'use strict';

  const here = document.getElementById('in-use');
  if (!here) return;
  const MINUTE = 60000;
  /* The session or the launch is over. A server or proxy in trouble (5xx) says nothing about either. */
  const CLOSED = [401, 403, 404];
  let closesAt = Date.now() + Number(here.dataset.secondsLeft) * 1000;
  let touched = false;
  let typed = false;
  let toldAt = Date.now();
  let busy = false;
  let closing = false;

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

  /* True once the server has what was typed, or has said that it does not take it. */
  const kept = async (keeper) => {
    try {
      return (await send(keeper.getAttribute('hx-post'), new FormData(keeper.closest('form')))).status < 500;
    } catch {
      return false;
    }
  };

  /* Nothing of the chart is seen from now on; the page goes only when nothing that was typed goes with it. */
  const close = async () => {
    const keeper = document.querySelector('form [hx-post*="/draft/"]');
    document.body.hidden = true;
    if (typed && keeper && !(await kept(keeper))) {
      if (!closing) {
        const line = document.createElement('p');
        line.className = 'page';
        line.textContent = 'Chartside closed this chart. What you typed is kept as soon as its server answers.';
        document.documentElement.append(line);
      }
      closing = true;
      return;
    }
    window.location.replace(here.dataset.closed);
  };

  /* True while the chart may stay. */
  const tell = async (by) => {
    toldAt = Date.now();
    touched = false;
    try {
      const answer = await send(here.dataset.address, { by });
      if (CLOSED.includes(answer.status)) return false;
      if (answer.ok) closesAt = Date.now() + (await answer.json()).seconds_left * 1000;
    } catch { /* A page that gets no answer keeps to the time that it knows. */ }
    return closesAt > Date.now();
  };

  const look = async () => {
    if (busy) return;
    busy = true;
    const timer = document.getElementById('timer');
    const onCall = Boolean(timer) && timer.dataset.running === 'yes';
    let stays = !closing;
    if (stays && Date.now() >= closesAt) stays = await tell('ask');
    else if (stays && Date.now() - toldAt >= MINUTE && (touched || onCall)) stays = await tell(touched ? 'person' : 'timer');
    if (!stays) await close();
    busy = false;
  };

  /* A background tab is woken once a minute; one that slept is looked at as soon as it is seen again. */
  setInterval(look, 5000);
  ['visibilitychange', 'pageshow', 'focus'].forEach((kind) => window.addEventListener(kind, look));
  document.addEventListener('visibilitychange', look);
})();
