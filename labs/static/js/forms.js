// Forms that cannot be sent twice by accident, and drafts that outlive a reload or an expired session.
// Drafts: fields with data-keep, or in a form[data-keep]; kept in this tab's session storage only.
const PREFIX = "draft:";
const typed = "textarea, input:not([type=hidden], [type=password], [type=checkbox], [type=radio])";
const kept = `:is(${typed})[data-keep], form[data-keep] :is(${typed})`;

function keyOf(field) {
  const form = `${field.form?.id}|${field.form?.getAttribute("action")}`;
  return `${PREFIX}${location.pathname}|${form}|${field.id || field.name}`;
}

function store(key, draft) {
  try {
    if (draft) sessionStorage.setItem(key, JSON.stringify(draft));
    else sessionStorage.removeItem(key);
  } catch {
    // Storage can be refused or full: typing goes on without drafts.
  }
}

function load(key) {
  try {
    return JSON.parse(sessionStorage.getItem(key));
  } catch {
    return null;
  }
}

function drafts() {
  try {
    return Object.keys(sessionStorage).filter((key) => key.startsWith(PREFIX));
  } catch {
    return [];
  }
}

/** Put a draft back where the page still shows the value that the draft started from. */
function restore(field) {
  const key = keyOf(field);
  const draft = load(key);
  if (!draft) return;
  if (draft.sent || draft.base !== field.defaultValue) return store(key, null);
  if (draft.value === field.value) return;
  field.value = draft.value;
  const note = document.createElement("p");
  note.className = "draft-note";
  note.textContent = document.body.dataset.draftRestored;
  field.after(note);
}

document.addEventListener("input", (event) => {
  const field = event.target;
  if (!field.matches?.(kept)) return;
  const unchanged = field.value === field.defaultValue;
  store(keyOf(field), unchanged ? null : { base: field.defaultValue, value: field.value });
});

function lock(form, locked) {
  form.dataset.sending = locked ? "true" : "";
  const outside = form.id ? document.querySelectorAll(`button[form="${CSS.escape(form.id)}"]`) : [];
  for (const button of [...form.querySelectorAll("button:not([type=button])"), ...outside]) {
    // aria-disabled keeps the focus and the button's own value in the request.
    if (locked) {
      button.setAttribute("aria-disabled", "true");
      button.setAttribute("aria-busy", "true");
    } else {
      button.removeAttribute("aria-disabled");
      button.removeAttribute("aria-busy");
    }
  }
}

document.addEventListener(
  "submit",
  (event) => {
    const form = event.target;
    if (form.dataset.sending === "true") {
      event.preventDefault();
      event.stopImmediatePropagation();
      return;
    }
    if (form.method === "dialog") return;
    lock(form, true);
    for (const field of form.querySelectorAll(kept)) {
      const draft = load(keyOf(field));
      if (draft) store(keyOf(field), { ...draft, sent: true });
    }
  },
  true,
);
document.addEventListener("htmx:afterRequest", (event) => {
  const form = event.detail.elt?.closest?.("form");
  if (form) lock(form, false);
});
window.addEventListener("pageshow", (event) => {
  if (event.persisted) document.querySelectorAll("form[data-sending=true]").forEach((form) => lock(form, false));
});

// A sign-in page or an error page in between means that what was sent did not arrive.
if ("draftsRevive" in document.body.dataset) {
  for (const key of drafts()) store(key, { ...load(key), sent: false });
}
document.querySelectorAll(kept).forEach(restore);

// A select that reloads its form, for example the workbench's service; a button does the same without scripts.
document.addEventListener("change", (event) => {
  if (event.target.matches?.("select[data-submit-on-change]")) event.target.form.requestSubmit();
});
// A menu closes when the attention goes elsewhere.
document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details.menu[open]")) if (!menu.contains(event.target)) menu.open = false;
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});
