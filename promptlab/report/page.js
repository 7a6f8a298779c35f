"use strict";

// Sorting: a category is a tbody, so that its rows stay together; the mean stays last.
function orderOf(group, column) {
  const first = group.rows[0];
  const cell = column === 0 ? first.cells[0] : first.cells[column];
  return cell.dataset.order;
}

function compare(one, other, column, sign) {
  const [a, b] = [orderOf(one, column), orderOf(other, column)];
  if (a === undefined || b === undefined) {
    return (a === undefined) - (b === undefined);
  }
  return sign * (column === 0 ? a.localeCompare(b) : Number(a) - Number(b));
}

function sortBy(table, header) {
  const column = header.cellIndex;
  // Names rise first, numbers fall first.
  const now = header.getAttribute("aria-sort");
  const initial = column === 0 ? "ascending" : "descending";
  const opposite = initial === "ascending" ? "descending" : "ascending";
  const next = now === initial ? opposite : initial;
  for (const each of table.tHead.querySelectorAll("th[aria-sort]")) {
    each.setAttribute("aria-sort", each === header ? next : "none");
  }
  const groups = [...table.tBodies].filter((group) => !("fixed" in group.dataset));
  const fixed = [...table.tBodies].filter((group) => "fixed" in group.dataset);
  const sign = next === "ascending" ? 1 : -1;
  groups.sort((one, other) => compare(one, other, column, sign));
  table.append(...groups, ...fixed);
}

for (const table of document.querySelectorAll("table[data-sortable]")) {
  table.tHead.addEventListener("click", (event) => {
    const header = event.target.closest("th[aria-sort]");
    if (header) {
      sortBy(table, header);
    }
  });
}

// One opacity and one outline switch for all galleries of the page.
const root = document.documentElement;

function showOpacity(percent) {
  root.style.setProperty("--map-opacity", String(percent / 100));
  for (const slider of document.querySelectorAll("[data-opacity]")) {
    slider.value = percent;
    slider.nextElementSibling.textContent = `${percent} %`;
  }
}

function showOutline(shown) {
  root.classList.toggle("without-outline", !shown);
  for (const box of document.querySelectorAll("[data-outline]")) {
    box.checked = shown;
  }
}

for (const controls of document.querySelectorAll(".controls")) {
  controls.hidden = false;
  controls.addEventListener("input", (event) => {
    if ("opacity" in event.target.dataset) {
      showOpacity(event.target.valueAsNumber);
    } else {
      showOutline(event.target.checked);
    }
  });
}

// Zoom: the example itself, larger. Arrow keys go on; Escape, the button and the backdrop close it.
const dialog = document.querySelector("dialog.zoom");

const openers = [...document.querySelectorAll("button.open")];
let shown = 0;

function enlarge(number) {
  shown = (number + openers.length) % openers.length;
  const button = openers[shown];
  const example = button.closest("figure");
  const stack = button.querySelector(".stack").cloneNode(true);
  const image = stack.querySelector("img");
  stack.style.setProperty("--ratio", String(image.getAttribute("width") / image.getAttribute("height")));
  const words = example.querySelector("figcaption").cloneNode(true);
  const path = words.querySelector(".path");
  path.textContent = path.title;
  dialog.querySelector(".zoomed").replaceChildren(stack, words);
  if (!dialog.open) {
    dialog.showModal();
  }
}

openers.forEach((button, number) => button.addEventListener("click", () => enlarge(number)));

dialog.addEventListener("keydown", (event) => {
  const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
  if (step) {
    enlarge(shown + step);
  }
});

// Back to where one was: the browser returns to the first example's button, not the one shown last.
dialog.addEventListener("close", () => openers[shown].focus());

dialog.addEventListener("click", (event) => {
  if (event.target === dialog) {
    dialog.close();
  } else if (event.target.dataset.step) {
    enlarge(shown + Number(event.target.dataset.step));
  }
});
