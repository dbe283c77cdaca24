// Says in words that a passkey was not used; allauth's script only knows exceptions.
import { say } from "./partials.js";

const { refused } = document.querySelector("script[data-refused]").dataset;

document.addEventListener("allauth.error", (event) => {
  event.preventDefault();
  say(refused);
});
