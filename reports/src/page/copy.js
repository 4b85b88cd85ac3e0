for (const button of document.querySelectorAll("button[data-copy]")) {
  button.addEventListener("click", async () => {
    const text = button.previousElementSibling.textContent;
    try { await navigator.clipboard.writeText(text); button.textContent = "copied"; }
    catch { const range = document.createRange(); range.selectNodeContents(button.previousElementSibling);
      const selection = getSelection(); selection.removeAllRanges(); selection.addRange(range); button.textContent = "selected"; }
  });
}
