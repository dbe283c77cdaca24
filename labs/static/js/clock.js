// Clocks that run on the server's time.
//   <time data-ends-at="ISO" [data-paused-at="ISO"] [data-when-over="words"]>
//                                                       counts down and stands still while paused
//   <time data-ago datetime="ISO">                      "14 s ago", kept fresh
// The server's text inside is what people without scripts read.
const TICK_MS = 500;
const root = document.documentElement;
let offset = 0;

/** Learn the difference between the server's clock and ours; small differences are only the network's. */
function learn(serverTime) {
  const difference = Date.parse(serverTime) - Date.now();
  if (Number.isFinite(difference) && Math.abs(difference - offset) > 2000) offset = difference;
}

function countdown(milliseconds) {
  const left = Math.max(0, Math.ceil(milliseconds / 1000));
  const hours = Math.floor(left / 3600);
  const minutes = Math.floor((left % 3600) / 60);
  const two = (number) => String(number).padStart(2, "0");
  if (hours >= 48) return new Intl.NumberFormat(root.lang, { style: "unit", unit: "day", unitDisplay: "long" }).format(Math.floor(hours / 24));
  return hours ? `${hours}:${two(minutes)}:${two(left % 60)}` : `${two(minutes)}:${two(left % 60)}`;
}

const relative = new Intl.RelativeTimeFormat(root.lang || "en", { style: "short", numeric: "auto" });

function ago(milliseconds) {
  const seconds = Math.round(milliseconds / 1000);
  if (Math.abs(seconds) < 60) return relative.format(seconds - (seconds % 5), "second");
  if (Math.abs(seconds) < 3600) return relative.format(Math.trunc(seconds / 60), "minute");
  if (Math.abs(seconds) < 86400) return relative.format(Math.trunc(seconds / 3600), "hour");
  return relative.format(Math.trunc(seconds / 86400), "day");
}

function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

function tick() {
  const now = Date.now() + offset;
  for (const element of document.querySelectorAll("[data-ends-at]")) {
    const { endsAt, pausedAt } = element.dataset;
    const left = Date.parse(endsAt) - (pausedAt ? Date.parse(pausedAt) : now);
    if (!Number.isFinite(left)) continue;
    write(element, left <= 0 && element.dataset.whenOver ? element.dataset.whenOver : countdown(left));
    if (left <= 0 && !element.dataset.over) {
      element.dataset.over = "true";
      // Whoever shows this clock may want the page's next state: it is fetched like any live change.
      element.dispatchEvent(new CustomEvent("clock:over", { bubbles: true }));
    }
  }
  for (const element of document.querySelectorAll("time[data-ago]")) {
    const then = Date.parse(element.dateTime);
    if (Number.isFinite(then)) write(element, ago(Math.min(0, then - now)));
  }
}

learn(document.body.dataset.serverNow);
document.body.addEventListener("htmx:afterRequest", (event) => {
  const date = event.detail.xhr?.getResponseHeader("Date");
  if (date) learn(date);
});
document.body.addEventListener("htmx:afterSettle", tick);
tick();
setInterval(tick, TICK_MS);
