// One stream of nudges per browser. A nudge {topic, version} becomes the event `live:<topic>` on the body, and
// partials fetch themselves: hx-trigger="live:board from:body". Nothing is rendered from the stream itself.
const JITTER_MS = { nudge: 250, catchUp: 600 }; // spreads the fetches of a whole room
const RETRY_MS = { first: 1000, most: 30000 };
const SILENCE_MS = 60000; // the server pings much more often; a laptop that slept hears nothing
const url = document.body.dataset.liveUrl;
const waiting = new Set();
let connection = "";

function topics() {
  const found = new Set();
  for (const element of document.querySelectorAll("[hx-trigger*='live:']")) {
    for (const match of element.getAttribute("hx-trigger").matchAll(/live:([\w-]+)/g)) found.add(match[1]);
  }
  return found;
}

function trigger(topic, jitter) {
  if (waiting.has(topic)) return;
  waiting.add(topic);
  setTimeout(() => {
    waiting.delete(topic);
    document.body.dispatchEvent(new CustomEvent(`live:${topic}`));
  }, Math.random() * jitter);
}

function nudge({ topic }) {
  if (topic) trigger(topic, JITTER_MS.nudge);
}

/** Show the connection; once it stands, fetch everything: nudges that came before it are not repeated. */
function show(state) {
  if (state === connection) return;
  connection = state;
  const badge = document.getElementById("live-state");
  if (badge) {
    badge.dataset.state = state;
    badge.textContent = badge.dataset[`text${state[0].toUpperCase()}${state.slice(1)}`];
  }
  if (state === "live") topics().forEach((topic) => trigger(topic, JITTER_MS.catchUp));
}

/** Keep one EventSource open with back-off; calls onNudge(object) and onState("live" | "lost"). */
function connect(onNudge, onState) {
  let delay = RETRY_MS.first;
  let source = null;
  let timer = null;
  let watchdog = null;
  const later = () => {
    source?.close();
    source = null;
    clearTimeout(watchdog);
    clearTimeout(timer);
    onState("lost");
    timer = setTimeout(open, delay * (0.5 + Math.random()));
    delay = Math.min(delay * 2, RETRY_MS.most);
  };
  const alive = () => {
    clearTimeout(watchdog);
    watchdog = setTimeout(later, SILENCE_MS);
  };
  const hear = (event) => {
    try {
      onNudge(JSON.parse(event.data));
    } catch (error) {
      console.warn("unreadable nudge", event.data, error);
    }
  };
  function open() {
    clearTimeout(timer);
    source?.close();
    source = new EventSource(url);
    source.addEventListener("open", () => {
      delay = RETRY_MS.first;
      onState("live");
    });
    source.addEventListener("message", hear);
    source.addEventListener("ping", alive);
    source.addEventListener("error", later);
  }
  window.addEventListener("online", () => source === null && open());
  open();
}

/** Name what the stream carries: the first part of its ticket; the rest is a signature that differs per page. */
function streamName() {
  const { pathname, searchParams } = new URL(url, location.href);
  return `live:${pathname}:${searchParams.get("ticket")?.split(":")[0]}`;
}

/** Let one tab hold the stream and pass its nudges on; when it closes, the lock makes another tab the holder. */
function share() {
  const name = streamName();
  const channel = new BroadcastChannel(name);
  let leading = false;
  let state = "lost";
  channel.onmessage = ({ data }) => {
    if (data.ask && leading) channel.postMessage({ state });
    else if (data.state && !leading) show(data.state);
    else if (data.nudge) nudge(data.nudge);
  };
  channel.postMessage({ ask: true });
  navigator.locks.request(name, () => {
    leading = true;
    return new Promise(() => {
      connect(
        (message) => {
          channel.postMessage({ nudge: message });
          nudge(message);
        },
        (next) => {
          state = next;
          channel.postMessage({ state });
          show(state);
        },
      );
    });
  });
}

if (url) {
  // Locks exist only in secure contexts; elsewhere each tab has its own stream.
  if (navigator.locks && window.BroadcastChannel) share();
  else connect(nudge, show);
}
