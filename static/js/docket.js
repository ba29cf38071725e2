// What every page gets: fresh relative times, the first error in focus, a guard for unsaved text, one open menu at a time.
// Pages work without any of it. The queue's keys are in queue.js, fetched only where there is a queue.

const units = [[86400, "d"], [3600, "h"], [60, "min"]];

function ago(then) {
  const seconds = Math.max(0, (Date.now() - then) / 1000);
  for (const [size, unit] of units) if (seconds >= size) return `${Math.floor(seconds / size)} ${unit} ago`;
  return "just now";
}

function refreshTimes() {
  // In long lists the exact time is only in the attribute, to keep the page light.
  for (const time of document.querySelectorAll("td time:not([title])")) {
    const then = new Date(time.dateTime);
    if (!Number.isNaN(then.getTime())) time.title = then.toLocaleString();
  }
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
  let leaving = false;
  const changed = () => [...document.querySelectorAll("textarea[data-keep]")].some((area) => area.value !== area.defaultValue);
  addEventListener("submit", () => { leaving = true; });
  addEventListener("pageshow", () => { leaving = false; });
  addEventListener("beforeunload", (event) => { if (!leaving && changed()) event.preventDefault(); });
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

function dropFiles() {
  for (const zone of document.querySelectorAll(".drop")) {
    const input = zone.querySelector("input[type=file]");
    const over = (on) => (event) => { event.preventDefault(); zone.classList.toggle("over", on); };
    zone.addEventListener("dragover", over(true));
    zone.addEventListener("dragleave", over(false));
    zone.addEventListener("drop", (event) => { over(false)(event); if (event.dataTransfer.files.length) input.files = event.dataTransfer.files; });
  }
}

function findBySlash() {
  addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || localStorage.getItem("keys") === "off") return;
    if (event.target.closest("input:not([type=checkbox]), textarea, select, dialog, [contenteditable]")) return;
    const box = document.getElementById("find");
    if (box) { event.preventDefault(); box.select(); }
  });
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
dropFiles();
findBySlash();
followRunningJob();
if (document.querySelector("[data-queue], [data-picks], [data-exception]")) import("./queue.js");
if (document.querySelector("[data-live]")) import("./live.js");
