// What changes while a page is open: counts, the length of the list, who else has the exception open. Only while the
// page can be seen, as a browser has few connections to one server.

const place = document.querySelector("[data-live]");
let source;

const put = (element, text) => { if (element && element.textContent !== text) element.textContent = text; };

function counts(pairs, inside) {
  const links = [...document.querySelectorAll(`${inside} a`)];
  for (const [href, count] of pairs) {
    const link = links.find((a) => a.getAttribute("href") === href);
    put(link?.querySelector("b, .count"), count);
  }
}

// Said politely, once for each change; what is on the page stays where it is until the person asks for more.
function say(text) {
  if (place.dataset.said === text) return;
  place.dataset.said = text;
  const link = Object.assign(document.createElement("a"), { href: location.pathname + location.search, textContent: "Show" });
  place.replaceChildren(`${text} `, link);
}

function tell(told) {
  counts(told.tabs, ".tabs");
  counts(told.saved, ".below");
  const { total, version } = place.dataset;
  if (told.total !== null && told.total !== total) {
    const more = Number(told.total.replaceAll(",", "")) - Number(total.replaceAll(",", ""));
    say(more > 0 ? `${more} more in this list.` : "This list has changed.");
  }
  if (told.version !== null && String(told.version) !== version) say("Somebody has changed it meanwhile.");
  put(document.querySelector(".bell b"), told.unread);
  if (told.others !== null) put(document.getElementById("others"), told.others);
}

function listen() {
  if (document.hidden) { leave(); return; }
  if (source) return;
  source = new EventSource(place.dataset.live);
  source.addEventListener("message", (event) => tell(JSON.parse(event.data)));
}

function leave() {
  source?.close();
  source = undefined;
}

document.addEventListener("visibilitychange", listen);
addEventListener("pagehide", leave);
addEventListener("pageshow", listen);
listen();
