// A lost server must not lose a drawing. Left alone, Gradio answers a failed message by reloading the page as soon as the
// server is back; so a message that finds no server waits here and is sent again, and pads hear of it (`connection` on window).
(() => {
  const AGAIN = 1000; // ms
  const ask = window.fetch;
  let lost = false;

  const tell = (now) => {
    if (now === lost) return;
    lost = now;
    window.dispatchEvent(new CustomEvent("connection", { detail: lost ? "lost" : "back" }));
  };

  window.fetch = async (resource, options) => {
    if (options?.method !== "POST" || !String(resource).includes("/gradio_api/run/")) return ask(resource, options);
    for (;;) {
      try {
        const reply = await ask(resource, options);
        const away = [502, 503, 504].includes(reply.status); // a proxy in front of a server that is starting
        tell(away);
        if (!away) return reply;
      } catch (error) {
        if (error.name === "AbortError") throw error;
        tell(true);
      }
      await new Promise((resolve) => setTimeout(resolve, AGAIN));
    }
  };
})();
