// The page can be read without this: it only copies texts, sorts tables and opens what is folded before printing.
addEventListener("beforeprint", () => {
  for (const folded of document.querySelectorAll("details:not([open])")) { folded.open = true; folded.dataset.folded = ""; }
});
addEventListener("afterprint", () => {
  for (const folded of document.querySelectorAll("details[data-folded]")) { folded.open = false; delete folded.dataset.folded; }
});
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
    const cell = row.cells[column];  // a row that was not run has fewer
    const number = cell?.querySelector("data");
    return number ? Number(number.value) : cell?.textContent.trim() ?? "";
  };
  [...table.tHead.rows[0].cells].forEach((head, column) => {
    const button = document.createElement("button");
    button.append(...head.childNodes);
    head.append(button);
    const sort = () => {
      const up = head.getAttribute("aria-sort") === "descending";
      for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", up ? "ascending" : "descending");
      for (const body of table.tBodies) {
        const rows = [...body.rows].filter((row) => !row.classList.contains("group")).sort((a, b) => {
          const [x, y] = [value(a, column), value(b, column)];
          const order = typeof x === "number" && typeof y === "number" ? x - y
            : typeof x === "number" ? 1 : typeof y === "number" ? -1 : x.localeCompare(y);
          return up ? order : -order;
        });
        body.append(...rows);
      }
    };
    button.addEventListener("click", sort);
  });
}
