// A lost server must not lose a drawing. Left alone, Gradio answers a failed message by reloading the page as soon as the
// server is back; so a message that finds no server waits here and is sent again, and pads hear of it (`connection` on window).
// Of a page that the server's queue does not take, Gradio tells no component: `refused` on window does, with the status.
(() => {
  const AGAIN = 1000; // ms
  const ask = window.fetch;
  let lost = false;

  const tell = (now) => {
    if (now === lost) return;
    lost = now;
    window.dispatchEvent(new CustomEvent("connection", { detail: lost ? "lost" : "back" }));
  };

  // Gradio sends an event by its number to one address for all; by its name a drawing finds the short way of server/draw_route.py.
  const named = (address, body) => {
    const number = Number(/"fn_index":(\d+)/.exec(body)?.[1]);
    const name = window.gradio_config?.dependencies.find(({ id }) => id === number)?.api_name;
    return name ? address.replace(/\/run\/predict$/, `/run/${name}`) : address;
  };

  window.fetch = async (resource, options) => {
    const address = options?.method === "POST" ? String(resource) : "";
    const joins = address.includes("/gradio_api/queue/join");
    if (!joins && !address.includes("/gradio_api/run/")) return ask(resource, options);
    const starting = joins ? [502, 504] : [502, 503, 504]; // a proxy in front of a server that starts; a full queue is 503 too
    for (;;) {
      try {
        const reply = await ask(joins ? resource : named(address, options.body), options);
        const away = starting.includes(reply.status);
        tell(away);
        if (joins && !away && !reply.ok) window.dispatchEvent(new CustomEvent("refused", { detail: reply.status }));
        if (!away) return reply;
      } catch (error) {
        if (error.name === "AbortError") throw error;
        tell(true);
      }
      await new Promise((resolve) => setTimeout(resolve, AGAIN));
    }
  };
})();
