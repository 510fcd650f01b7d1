// The reading order, drawn over the picture on demand: each line of the text has its number and an arrow, and a thin line leads to the next.

const BADGE = [6, 9]; // CSS px, the smallest and largest radius of a line's number

function drawOrder() {
  const layer = find(".order");
  layer.replaceChildren();
  const width = boxes.getBoundingClientRect().width;
  if (!page || !find(".ordering").checked || !width) return;
  const unit = viewSize().width / width; // px of the picture for each CSS px
  const radius = unit * Math.min(BADGE[1], Math.max(BADGE[0], (0.48 * typicalSide()) / unit));
  const isVertical = page.direction === "vertical";
  const taken = []; // where numbers are
  let before = null;
  for (const [n, { kind, members }] of rows.slice(0, page.columns).entries()) {
    const points = members.map((index) => middleOf(boxOf(index)));
    const [first, last] = [members[0], members.at(-1)].map(boxOf);
    const badge = isVertical ? [points[0][0], first.y - 1.2 * radius] : [first.x - 1.2 * radius, points[0][1]];
    while (taken.some((other) => Math.hypot(badge[0] - other[0], badge[1] - other[1]) < 2 * radius)) badge[isVertical ? 1 : 0] -= radius;
    taken.push(badge);
    const end = isVertical ? [points.at(-1)[0], last.y + last.height + 2 * unit] : [last.x + last.width + 2 * unit, points.at(-1)[1]];
    if (before) layer.append(shape("path", { class: "leads", d: `M${before}L${badge}` }));
    layer.append(shape("path", { class: "along", d: `M${[badge, ...points, end].join("L")}` }), arrow(end, isVertical, unit));
    const number = shape("text", { x: badge[0], y: badge[1], "font-size": 1.2 * radius, dy: 0.42 * radius });
    number.textContent = n + 1;
    layer.append(shape("circle", { class: kind, cx: badge[0], cy: badge[1], r: radius }), number);
    before = end;
  }
}

function arrow([x, y], isVertical, unit) {
  const side = 4 * unit;
  const d = isVertical ? `M${x - side} ${y - side}L${x} ${y + side}L${x + side} ${y - side}Z` : `M${x - side} ${y - side}L${x + side} ${y}L${x - side} ${y + side}Z`;
  return shape("path", { class: "head", d });
}

on(find(".ordering"), "change", ({ target }) => {
  desk.classList.toggle("ordered", target.checked);
  drawOrder();
});
new ResizeObserver(drawOrder).observe(boxes);
