// A form's page in a dialog: the part that holds the form, as the server sends it. It is sent as on its own page, so a
// refusal or a conflict comes back as that page, with what was typed.

let asked;

const make = (tag, properties) => Object.assign(document.createElement(tag), properties);

// Who is signed in, as a page says it.
const reader = (page) => page.querySelector(".who")?.textContent;

// By the browser's own parser: our policy lets no script make HTML of text.
async function load(href) {
  asked?.abort(); // the last one opens
  const request = new XMLHttpRequest();
  asked = request;
  request.open("GET", href);
  request.responseType = "document";
  request.timeout = 5000;
  request.setRequestHeader("Accept", "text/html");
  await new Promise((done, fail) => {
    Object.assign(request, { onload: done, onerror: fail, ontimeout: fail });
    request.send();
  });
  const path = (address) => new URL(address, location.href).pathname;
  const part = request.response?.querySelector("[data-dialog-body]");
  // Any other page, as that to sign in, is for the window; and so is the form of whoever has signed in meanwhile, who
  // shall see that it is theirs.
  if (request.status !== 200 || path(request.responseURL) !== path(href) || !part?.querySelector("form")) throw new Error(href);
  if (reader(part.ownerDocument) !== reader(document)) throw new Error(href);
  return part;
}

// Some pages leave out drawings.
function bringDrawings(page) {
  for (const sprite of page.querySelectorAll("svg.sprite")) {
    if (!document.getElementById(sprite.firstElementChild.id)) document.body.prepend(sprite);
  }
}

// Ids that the page has become others, and what names them follows.
function tellApart(part) {
  for (const element of part.querySelectorAll("[id]")) {
    const { id } = element;
    if (!document.getElementById(id)) continue;
    element.id = `dialog-${id}`;
    for (const name of ["for", "aria-describedby", "aria-labelledby"]) {
      for (const other of part.querySelectorAll(`[${name}~="${id}"]`)) {
        const ids = other.getAttribute(name).split(" ");
        other.setAttribute(name, ids.map((one) => (one === id ? element.id : one)).join(" "));
      }
    }
  }
}

// The page has a first heading.
function lowerHeading(part) {
  const first = part.querySelector("h1");
  const second = make("h2", { id: "dialog-title" });
  second.append(...first.childNodes);
  first.replaceWith(second);
}

function focusFirst(part) {
  const fields = [...part.querySelectorAll(":is(input:not([type=hidden]), select, textarea):enabled")];
  const chosen = fields.find((field) => field.checked && field.name === fields[0].name);
  (part.querySelector("[aria-invalid=true]") ?? chosen ?? fields[0])?.focus();
}

// Whether a control has another value than it came with.
function isChanged(control) {
  if (control.matches("[type=checkbox], [type=radio]")) return control.checked !== control.defaultChecked;
  if (!control.matches("select")) return control.value !== control.defaultValue;
  const options = [...control.options];
  return control.value !== (options.find((option) => option.defaultSelected) ?? options[0])?.value;
}

function show(part, opener) {
  const dialog = make("dialog", { className: "sheet" });
  dialog.setAttribute("aria-labelledby", "dialog-title");
  const close = make("button", { type: "button", className: "btn s", textContent: "Close" });
  close.dataset.close = "";
  dialog.append(close, part);
  const end = () => { dialog.remove(); opener.focus(); };
  // What was typed or chosen is not dropped unasked; what only narrows a list has no name.
  const typed = () => [...part.querySelectorAll(":is(input, select, textarea)[name]")].some(isChanged);
  const leave = (event) => {
    event.preventDefault();
    if (!typed() || confirm("Close and lose what you typed?")) end();
  };
  dialog.addEventListener("close", end);
  dialog.addEventListener("cancel", leave);
  // A browser lets the second of two cancels pass.
  dialog.addEventListener("keydown", (event) => { if (event.key === "Escape" && typed()) leave(event); });
  dialog.addEventListener("click", (event) => { if (event.target.closest("[data-close]")) leave(event); });
  document.body.append(dialog);
  dialog.showModal();
  focusFirst(part);
}

// Opened by a key, it gives the focus to its link when it closes, whatever else the link says.
const linkTo = (href) => document.querySelector(`a[data-dialog][href^="${href.split("?")[0]}"]`) ?? document.activeElement;

// Opens the form at an address; where that cannot be, the window goes there.
export async function open(href, opener = linkTo(href)) {
  try {
    const part = await load(href);
    bringDrawings(part.ownerDocument);
    tellApart(part);
    lowerHeading(part);
    show(part, opener);
  } catch {
    location.assign(href);
  }
}
