// The keys of every page, of the queue and of one exception; and the count of selected rows.

const queue = document.querySelector("[data-queue]");
const picks = document.querySelector("[data-queue], [data-picks]");
const exception = document.querySelector("[data-exception]");
const rows = queue ? [...queue.querySelectorAll("tbody tr")] : [];
const bar = picks?.querySelector(".bulk"); // takes no focus while nothing is selected, as it is not shown
let at = rows.findIndex((row) => row.id && location.hash === `#${row.id}`); // the row that one has come back to
let pending = "";

const keys = [
  ["j", "Next row", () => move(1), queue],
  ["k", "Previous row", () => move(-1), queue],
  ["x", "Select", () => current()?.querySelector("input[type=checkbox]")?.click(), queue?.querySelector("tbody input")],
  ["b", "Go to what to do with the selected, or to a box to select", () => (box(":checked") ? act() : box("", current()).focus()), bar && box()],
  ["o", "Open (Enter too)", () => go(address()), queue],
  ["t", "Take", () => (queue ? current()?.querySelector("button[formaction]") : document.querySelector("[data-key=t]"))?.click(), queue?.querySelector("tbody button[formaction]") ?? document.querySelector("[data-key=t]")],
  ["a", "Assign", () => ask(address("/assign", "&from=queue")), works("/assign")],
  ["r", "Resolve", () => ask(address("/resolve")), works("/resolve")],
  ["c", "Comment", () => (exception ? document.getElementById("comment")?.focus() : go(address("#comment"))), queue ?? document.querySelector("#comment:enabled:not([readonly])")],
  ["n", "Take next", () => document.getElementById("next")?.requestSubmit(), document.getElementById("next")],
  ["g q", "Go to the queue", () => go("/exceptions"), true],
  ["/", "Search", () => document.getElementById("find")?.select(), document.getElementById("find")],
  ["?", "This list", help, true],
].filter(([, , , offered]) => offered);

// An exception offers what its page leads to, as a resolved one does not; a queue what its rows do, to who works them.
function works(tail) {
  return exception ? document.querySelector(`a[href^="${exception.dataset.exception}${tail}"]`) : queue?.matches("[data-works]");
}

// The first box to select with, in the list or in a row of it; of a kind.
function box(kind = "", inside = picks) {
  return inside?.querySelector(`tbody input[type=checkbox]${kind}`);
}

// The bar stands over the list, and what is selected stays in sight.
function act() {
  bar.querySelector("select, input:not([type=hidden]), button").focus({ preventScroll: true });
  const { top, bottom } = bar.getBoundingClientRect();
  if (top < 0 || bottom > innerHeight) bar.scrollIntoView({ block: "nearest" });
}

// A person who speaks or types by accident can turn single keys off.
const quiet = () => localStorage.getItem("keys") === "off";
const current = () => rows[at];
const go = (href) => { if (href) location.assign(href); };
const ask = (href) => { if (href) import("./dialog.js").then(({ open }) => open(href), () => go(href)); };

// `from` says to a form that it is to lead back to the row.
function address(tail = "", from = "") {
  if (exception) return exception.dataset.exception + tail + exception.dataset.list;
  // The link carries the list, and so do the forms that come back to it.
  const link = current()?.querySelector("a[href]");
  return link && (tail.startsWith("/") ? link.pathname + tail + link.search + from : link.pathname + link.search + tail);
}

function move(step) {
  if (!rows.length) return;
  current()?.classList.remove("on");
  at = Math.min(rows.length - 1, Math.max(0, at + step));
  current().classList.add("on");
  const link = current().querySelector("a[href]");
  link.focus({ preventScroll: true });
  link.scrollIntoView({ block: "nearest" });
}

function help() {
  let dialog = document.getElementById("keys");
  if (!dialog) {
    dialog = document.createElement("dialog");
    dialog.id = "keys";
    dialog.setAttribute("aria-labelledby", "keys-title");
    const title = Object.assign(document.createElement("h2"), { id: "keys-title", textContent: "Keys" });
    const list = document.createElement("dl");
    for (const [key, does] of keys) {
      const term = document.createElement("dt");
      for (const part of key.split(" ")) term.append(Object.assign(document.createElement("kbd"), { textContent: part }), " ");
      list.append(term, Object.assign(document.createElement("dd"), { textContent: does }));
    }
    const choice = Object.assign(document.createElement("label"), { className: "check" });
    const box = Object.assign(document.createElement("input"), { type: "checkbox", checked: !quiet() });
    box.addEventListener("change", () => localStorage.setItem("keys", box.checked ? "on" : "off"));
    choice.append(box, "Single keys are on (? always opens this list)");
    const form = Object.assign(document.createElement("form"), { method: "dialog" });
    form.append(Object.assign(document.createElement("button"), { className: "btn", textContent: "Close" }));
    dialog.append(title, list, choice, form);
    document.body.append(dialog);
  }
  dialog.showModal();
}

addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
  // An open dialog has the keys to itself, also while nothing in it has the focus.
  if (document.querySelector("dialog[open]")) return;
  if (event.target.closest("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]")) return;
  const typed = pending ? `${pending} ${event.key}` : event.key;
  pending = "";
  const found = keys.find(([key]) => key === typed);
  if (found && quiet() && found[0] !== "?") return;
  if (found) { event.preventDefault(); found[2](); return; }
  if (event.key === "g") { pending = "g"; setTimeout(() => { pending = ""; }, 1000); }
});

// The tab that one is on, where not all have room and the browser does not see to it.
for (const here of document.querySelectorAll(":is(.tabs, .subnav) [aria-current]")) {
  const strip = here.closest(".tabs, ul");
  const [all, one] = [strip, here].map((element) => element.getBoundingClientRect());
  if (one.left < all.left || one.right > all.right) strip.scrollLeft += one.left - all.left - 40;
}

if (picks) {
  const count = picks.querySelector("[data-count]");
  const recount = () => { if (count) count.textContent = String(picks.querySelectorAll("tbody input:checked").length); };
  picks.addEventListener("change", recount);
  recount();
}
if (queue) {
  current()?.classList.add("on");
  queue.addEventListener("focusin", (event) => {
    const row = event.target.closest("tbody tr");
    if (!row || row === current()) return;
    current()?.classList.remove("on");
    at = rows.indexOf(row);
    row.classList.add("on");
  });
}
