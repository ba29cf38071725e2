// What every page gets: fresh relative times, the first error in focus, a guard for unsaved text, one open menu at a time.
// Pages work without any of it. The keys are in queue.js, fetched by whoever is signed in; dialog.js is fetched when the
// first form opens in a dialog.

const units = [[86400, "d"], [3600, "h"], [60, "min"]];

function ago(then) {
  const seconds = Math.max(0, (Date.now() - then) / 1000);
  for (const [size, unit] of units) if (seconds >= size) return `${Math.floor(seconds / size)} ${unit} ago`;
  return "just now";
}

function refreshTimes() {
  for (const time of document.querySelectorAll("time[data-ago]")) {
    const then = Date.parse(time.dateTime);
    if (!Number.isNaN(then)) time.textContent = ago(then);
  }
}

function announceFlash() {
  // A status region speaks when it changes, so what the page came with is put in again.
  const region = document.getElementById("flash");
  if (!region?.firstChild) return;
  const messages = [...region.childNodes];
  requestAnimationFrame(() => region.replaceChildren(...messages));
}

function focusFirstError() {
  const summary = document.getElementById("problems");
  if (!summary) return;
  summary.focus();
  summary.addEventListener("click", (event) => {
    const link = event.target.closest("a[href^='#']");
    const field = link && document.getElementById(link.hash.slice(1));
    if (!field) return;
    event.preventDefault();
    field.focus();
  });
}

function guardUnsavedText() {
  // What goes out with its own form is not lost; what stands in another form is, as with a link.
  let sent = null;
  const areas = () => [...document.querySelectorAll("textarea[data-keep]")];
  const lost = () => areas().some((area) => !(sent && area.form === sent) && area.value !== area.defaultValue);
  addEventListener("submit", (event) => { if (event.target.getAttribute("method") !== "dialog") sent = event.target; });
  addEventListener("pageshow", () => { sent = null; });
  addEventListener("beforeunload", (event) => {
    if (lost()) event.preventDefault();
    sent = null; // whoever stays has sent nothing
  });
}

function closeMenus() {
  const menus = "details.menu[open], details.switch[open]";
  addEventListener("click", (event) => {
    for (const menu of document.querySelectorAll(menus)) if (!menu.contains(event.target)) menu.open = false;
  });
  addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const menu of document.querySelectorAll(menus)) { menu.open = false; menu.querySelector("summary").focus(); }
  });
}

function openForms() {
  addEventListener("click", (event) => {
    const link = event.target.closest("a[data-dialog]");
    if (!link || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    import("./dialog.js").then(({ open }) => open(link.href, link), () => location.assign(link.href));
  });
}

function dropFiles() {
  for (const zone of document.querySelectorAll(".drop")) {
    const input = zone.querySelector("input[type=file]");
    const over = (on) => (event) => { event.preventDefault(); zone.classList.toggle("over", on); };
    zone.addEventListener("dragover", over(true));
    zone.addEventListener("dragleave", over(false));
    zone.addEventListener("drop", (event) => { over(false)(event); if (event.dataTransfer.files.length) input.files = event.dataTransfer.files; });
  }
}

function followRunningJob() {
  if (document.querySelector("[data-running]")) setTimeout(() => location.reload(), 3000);
}

refreshTimes();
setInterval(refreshTimes, 30000);
announceFlash();
focusFirstError();
guardUnsavedText();
closeMenus();
openForms();
dropFiles();
followRunningJob();
if (document.getElementById("find")) import("./queue.js"); // the search box is there for whoever is signed in
if (document.querySelector("[data-live]")) import("./live.js");
