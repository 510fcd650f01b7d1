// Today's letter, written stroke after stroke: KanjiVG's paths in a square of 109 units.

const SVG = "http://www.w3.org/2000/svg";
const PACE = 11; // ms for each unit of a stroke's length
const REST = 260; // ms between strokes

function draw(name, attributes, children = []) {
  const node = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  node.append(...children);
  return node;
}

/** An SVG with the strokes' order; its `play()` shows them moving. */
function strokeOrder(kana, paths) {
  const ghosts = paths.map((d) => draw("path", { d, class: "ghost" }));
  const inks = paths.map((d) => draw("path", { d, class: "stroke", pathLength: 1, "stroke-dasharray": "1 2" }));
  const numbers = paths.map((d, n) => {
    const [, x, y] = /^M\s*([\d.]+)[\s,]*([\d.]+)/i.exec(d);
    return draw("text", { x: Number(x) - 5, y: Number(y) - 1, class: "number" }, [String(n + 1)]);
  });
  const guide = draw("path", { d: "M54.5 0V109M0 54.5H109", class: "guide-lines" });
  const svg = draw("svg", { viewBox: "0 0 109 109", role: "img", class: "order" }, [guide, ...ghosts, ...inks, ...numbers]);
  language.label(svg, "aria-label", "learn.stroke_order", { kana });
  let moving = [];
  svg.play = () => {
    for (const animation of moving) animation.cancel();
    if (isStill()) return;
    let delay = 150;
    moving = inks.map((ink, n) => {
      const duration = ghosts[n].getTotalLength() * PACE;
      const frames = [
        { strokeDashoffset: 1, opacity: 0 },
        { strokeDashoffset: 0.99, opacity: 1, offset: 0.01 },
        { strokeDashoffset: 0, opacity: 1 },
      ];
      const animation = ink.animate(frames, { duration, delay, fill: "backwards", easing: "ease-in-out" });
      delay += duration + REST;
      return animation;
    });
  };
  return svg;
}
