// Copy buttons: data-copy="the text" or data-copy-from="#id-of-an-element".
const SHOWN_MS = 1600;

/** Copy by a selected textarea, for addresses that are not a secure context (plain HTTP in a local network). */
function copyBySelection(text) {
  const area = document.createElement("textarea");
  area.value = text;
  area.readOnly = true;
  area.className = "visually-hidden";
  document.body.append(area);
  area.select();
  const copied = document.execCommand("copy");
  area.remove();
  if (!copied) throw new Error("the browser refused to copy");
}

async function copy(text) {
  if (navigator.clipboard && window.isSecureContext) await navigator.clipboard.writeText(text);
  else copyBySelection(text);
}

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy], [data-copy-from]");
  if (!button) return;
  const source = button.dataset.copyFrom && document.querySelector(button.dataset.copyFrom);
  const text = source ? source.value ?? source.textContent : button.dataset.copy;
  const label = button.querySelector("[data-copy-label]");
  const before = button.dataset.copyBefore ?? label.textContent;
  button.dataset.copyBefore = before;
  try {
    await copy(text.trim());
    label.textContent = button.dataset.copied;
  } catch {
    label.textContent = button.dataset.refused;
  }
  label.classList.remove("visually-hidden");
  button.focus();
  setTimeout(() => {
    label.textContent = before;
    label.classList.toggle("visually-hidden", "copyIcon" in button.dataset);
  }, SHOWN_MS);
});
