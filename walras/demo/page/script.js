// What the pointer is at: the drawing says where its time axis is, the JSON beside it what each series was.
document.querySelectorAll("figure.chart").forEach((figure) => {
  const data = JSON.parse(figure.querySelector("script").textContent);
  const plot = figure.querySelector(".plot");
  const tip = figure.querySelector(".tip");
  const cross = figure.querySelector(".cross");
  data.series.forEach((one) => one.say.forEach((word, place) => { if (word === 0) one.say[place] = one.say[place - 1]; }));
  const clock = (time) => new Date(time * 1000).toISOString().slice(11, 19) + " UTC";
  const hide = () => { tip.hidden = true; cross.setAttribute("visibility", "hidden"); };
  plot.addEventListener("pointerleave", hide);
  plot.addEventListener("pointermove", (event) => {
    const box = plot.getBoundingClientRect();
    const part = ((event.clientX - box.left) / box.width - data.left) / (data.right - data.left);
    if (part < 0 || part > 1 || !data.times.length) return hide();
    const at = data.start + part * (data.end - data.start);
    let place = 0;
    for (let low = 0, high = data.times.length - 1; low <= high;) {
      const middle = (low + high) >> 1;
      if (data.times[middle] <= at) { place = middle; low = middle + 1; } else high = middle - 1;
    }
    const time = data.times[place];
    const x = (data.left + (time - data.start) / (data.end - data.start) * (data.right - data.left));
    cross.setAttribute("x1", x * data.width);
    cross.setAttribute("x2", x * data.width);
    cross.setAttribute("visibility", "visible");
    tip.replaceChildren();
    const head = document.createElement("b");
    head.textContent = clock(time);
    tip.append(head);
    data.series.filter((one) => one.say[place]).forEach((one) => {
      const row = document.createElement("div"), name = document.createElement("span"), value = document.createElement("b");
      if (one.colour) {
        const key = document.createElement("i");
        key.className = one.colour;
        name.append(key);
      }
      name.append(one.name);
      value.textContent = one.say[place];
      row.append(name, value);
      tip.append(row);
    });
    tip.hidden = false;
    const left = x * box.width;
    tip.style.left = (left + tip.offsetWidth + 24 < box.width ? left + 12 : left - tip.offsetWidth - 12) + "px";
  });
});
