"use strict";
for (const button of document.querySelectorAll(".cell button")) {
  const map = button.querySelector("img");
  const input = button.closest(".row").querySelector("img.input");
  if (!input) continue;
  const own = map.src;
  const title = button.parentElement.querySelector("b");
  const words = title.textContent;
  const show = (compare) => {
    map.src = compare ? input.src : own;
    title.textContent = compare ? "input, to compare" : words;
  };
  button.addEventListener("pointerenter", (event) => event.pointerType === "mouse" && show(true));
  button.addEventListener("pointerleave", () => show(false));
  button.addEventListener("blur", () => show(false));
  button.addEventListener("click", (event) => {
    if (event.pointerType !== "mouse") show(map.src === own);
  });
}
for (const slider of document.querySelectorAll(".slider")) {
  const range = slider.querySelector("input");
  const frames = [...slider.querySelectorAll(".frame")];
  const show = () => {
    frames.forEach((frame, index) => { frame.hidden = index !== Number(range.value); });
    const label = frames[range.value].dataset.label;
    slider.querySelector("output").textContent = label;
    range.setAttribute("aria-valuetext", label);
  };
  range.addEventListener("input", show);
  show();
}
addEventListener("beforeprint", () => {
  for (const details of document.querySelectorAll("details")) details.open = true;
});
