// Rows of inlines in order: buttons and dragging write their places, which without script are typed.
document.addEventListener("DOMContentLoaded", () => {
  const groups = [...document.querySelectorAll(".inline-group")].filter((group) => group.querySelector(".in-order, .field-position"));

  function number(group) {
    rows(group).forEach((row, place) => {
      const input = row.querySelector("input[name$=-position]");
      if (input) input.value = place;
    });
  }

  const rows = (group) => [...group.querySelectorAll("tr.form-row:not(.empty-form)")];

  function button(text, label, move) {
    const made = document.createElement("button");
    made.type = "button";
    made.textContent = text;
    made.setAttribute("aria-label", label);
    made.addEventListener("click", () => {
      move();
      made.focus();
    });
    return made;
  }

  function equip(group, row) {
    const { saysUp, saysDown } = group.closest("[data-says-up]").dataset;
    const cell = row.querySelector("td.field-position");
    if (!cell || cell.querySelector("button")) return;
    const up = button("↑", saysUp, () => {
      const before = row.previousElementSibling;
      if (before?.matches(".form-row:not(.empty-form)")) before.before(row);
      number(group);
    });
    const down = button("↓", saysDown, () => {
      const after = row.nextElementSibling;
      if (after?.matches(".form-row:not(.empty-form)")) after.after(row);
      number(group);
    });
    cell.append(up, down);
    cell.draggable = true;
    cell.addEventListener("dragstart", () => row.classList.add("moves"));
    cell.addEventListener("dragend", () => {
      row.classList.remove("moves");
      number(group);
    });
    row.addEventListener("dragover", (event) => {
      const moving = group.querySelector(".moves");
      if (!moving || moving === row) return;
      event.preventDefault();
      const middle = row.getBoundingClientRect().top + row.offsetHeight / 2;
      event.clientY < middle ? row.before(moving) : row.after(moving);
    });
  }

  groups.forEach((group) => {
    rows(group).forEach((row) => equip(group, row));
    if (!group.querySelector(".errornote, .errorlist")) number(group);
  });
  document.addEventListener("formset:added", (event) => {
    const group = event.target.closest(".inline-group");
    if (!groups.includes(group)) return;
    equip(group, event.target);
    number(group);
  });
});
