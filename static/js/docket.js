// What every page gets: fresh relative times, the first error or what was done in focus, a guard for unsaved text, one
// open menu at a time, a list that narrows to what is typed. Pages work without any of it. The keys are in queue.js,
// fetched by whoever is signed in; dialog.js is fetched when the first form opens in a dialog.

// As the server writes them: hours up to two days.
const units = [[172800, 86400, "d"], [3600, 3600, "h"], [60, 60, "min"]];

function ago(then) {
  const seconds = Math.max(0, (Date.now() - then) / 1000);
  for (const [from, size, unit] of units) if (seconds >= from) return `${Math.floor(seconds / size)} ${unit} ago`;
  return "just now";
}

function refreshTimes() {
  for (const time of document.querySelectorAll("time[data-ago]")) {
    const then = Date.parse(time.dateTime);
    if (!Number.isNaN(then)) time.textContent = ago(then);
  }
}

function tellFlash() {
  const region = document.getElementById("flash");
  if (!region?.firstElementChild) return;
  // Whoever sent a form begins at what came of it, unless the page has something else to begin with.
  const target = location.hash && document.getElementById(location.hash.slice(1));
  const taken = document.activeElement !== document.body || document.querySelector("[autofocus]") || target;
  if (!taken) { region.focus({ preventScroll: true }); return; }
  speak(region);
}

// A status region speaks when it changes, so what the page came with is put in again.
function speak(region) {
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

function narrowLists() {
  // Also in a dialog that opens later. What is chosen stays in sight, and the Enter key does not send the form.
  let soon;
  const fits = (row, words) => words.every((word) => row.textContent.toLowerCase().includes(word));
  addEventListener("input", ({ target }) => {
    if (!target.matches("[data-narrow]")) return;
    const words = target.value.toLowerCase().split(" ").filter(Boolean);
    const rows = [...target.form.querySelectorAll(".pick")];
    for (const row of rows) row.hidden = !fits(row, words) && !row.querySelector("input").checked;
    clearTimeout(soon);
    soon = setTimeout(() => {
      const shown = rows.filter((row) => fits(row, words)).length;
      target.form.querySelector("[data-narrowed]").textContent = words.length ? `${shown} of ${rows.length} ${shown === 1 ? "fits" : "fit"}.` : "";
    }, 400);
  });
  addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !event.target.matches("[data-narrow]")) return;
    event.preventDefault();
    const words = event.target.value.toLowerCase().split(" ").filter(Boolean);
    if (!words.length) return; // everybody fits, so nobody is meant
    const first = [...event.target.form.querySelectorAll(".pick")].find((row) => fits(row, words) && row.querySelector("input:enabled"));
    const choice = first?.querySelector("input");
    choice?.click();
    choice?.focus();
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

function offerPrint() {
  for (const place of document.querySelectorAll("[data-print]")) {
    place.hidden = false;
    place.addEventListener("click", () => print());
  }
}

function followRunningJob() {
  if (document.querySelector("[data-running]")) setTimeout(() => location.reload(), 3000);
}

refreshTimes();
setInterval(refreshTimes, 30000);
focusFirstError();
tellFlash();
document.querySelectorAll("[data-told]").forEach(speak);
guardUnsavedText();
closeMenus();
openForms();
narrowLists();
dropFiles();
offerPrint();
followRunningJob();
if (document.getElementById("find")) import("./queue.js"); // the search box is there for whoever is signed in
if (document.querySelector("[data-live]")) import("./live.js");
