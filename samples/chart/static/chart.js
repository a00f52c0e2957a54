// Keeps an open app alive while its user looks through the chart: a link of the chart replaces the chart's pane
// instead of the page, since a new page would start the app's frame again. Without this file every link still works.
"use strict";

(() => {
  const show = (what) => { document.body.dataset.shown = what; };

  const replacePane = async (address) => {
    const answer = await fetch(address, { credentials: "same-origin" });
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("pane");
    if (!answer.ok || !fresh) throw new Error("no pane in the answer");
    document.getElementById("pane").replaceWith(document.importNode(fresh, true));
  };

  const open = (address, remember) => {
    replacePane(address).then(
      () => {
        if (remember && address !== window.location.href) history.pushState({ pane: true }, "", address);
        show("chart");
        document.querySelector("#pane h2").scrollIntoView({ block: "nearest" });
      },
      () => { window.location.assign(address); },
    );
  };

  // The cards of the patient are asked for when the chart is opened; it does not wait for them.
  const cards = document.querySelector("[data-cards]");
  if (cards) {
    fetch(cards.dataset.cards, { credentials: "same-origin" })
      .then((answer) => (answer.ok ? answer.text() : ""))
      .then((text) => {
        cards.replaceChildren(...new DOMParser().parseFromString(text, "text/html").body.childNodes);
        cards.dataset.shown = "yes";
      }, () => { cards.dataset.shown = "no"; });
  }

  document.addEventListener("click", (event) => {
    const link = event.target instanceof Element ? event.target.closest("a[data-pane], a[data-show]") : null;
    const plain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
    if (!link || !plain || !document.querySelector("iframe[name=chartside-frame]")) return;
    event.preventDefault();
    if (link.dataset.show) show(link.dataset.show);
    else open(link.href, true);
  });

  window.addEventListener("popstate", () => open(window.location.href, false));
})();
