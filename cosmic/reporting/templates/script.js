// The page can be read without this: it only copies texts and sorts tables.
for (const link of document.querySelectorAll("[data-copy]")) {
  link.addEventListener("click", async (event) => {
    const text = document.querySelector(link.dataset.copy).textContent;
    const status = document.querySelector(".copied");
    try {
      await navigator.clipboard.writeText(text);
      event.preventDefault();
      status.textContent = "copied";
    } catch {
      status.textContent = "select the text below";
    }
  });
  link.addEventListener("click", (event) => { if (navigator.clipboard) event.preventDefault(); }, true);
}
for (const table of document.querySelectorAll("table.sortable")) {
  const value = (row, column) => {
    const cell = row.cells[column];
    const number = cell.querySelector("data");
    return number ? Number(number.value) : cell.textContent.trim();
  };
  [...table.tHead.rows[0].cells].forEach((head, column) => {
    head.tabIndex = 0;
    head.setAttribute("role", "button");
    const sort = () => {
      const up = head.getAttribute("aria-sort") === "descending";
      for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", up ? "ascending" : "descending");
      const rows = [...table.tBodies[0].rows].sort((a, b) => {
        const [x, y] = [value(a, column), value(b, column)];
        const order = typeof x === "number" && typeof y === "number" ? x - y
          : typeof x === "number" ? 1 : typeof y === "number" ? -1 : x.localeCompare(y);
        return up ? order : -order;
      });
      table.tBodies[0].append(...rows);
    };
    head.addEventListener("click", sort);
    head.addEventListener("keydown", (event) => { if (event.key === "Enter") sort(); });
  });
}
