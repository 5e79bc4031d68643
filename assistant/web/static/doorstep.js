// Opens a passage in a native dialog, leads to the desk, and shows the start of a new answer.
// Works by delegation: Gradio builds and rebuilds its parts at will. Without this file the same links open pages.
(() => {
  "use strict";
  const isPassage = (a) => a && a.pathname && a.pathname.startsWith("/passages/") && a.origin === location.origin;
  const make = (tag, text, cls) => {
    const el = document.createElement(tag);
    if (text) el.textContent = text;
    if (cls) el.className = cls;
    return el;
  };

  let dialog = null;
  const theDialog = () => {
    if (dialog) return dialog;
    dialog = make("dialog", "", "ds-dialog");
    dialog.setAttribute("aria-labelledby", "ds-dialog-title");
    dialog.addEventListener("click", (e) => { if (e.target === dialog) dialog.close(); });
    (document.querySelector(".gradio-container") || document.body).append(dialog);
    return dialog;
  };

  const marked = (passage, statementId) => {
    const holder = make("div");
    const wanted = passage.statements.find((s) => s.id.split(".").pop() === statementId);
    const put = (text) => text.split("\n").forEach((row, i) => { if (i) holder.append(make("br")); holder.append(row); });
    if (!wanted) { put(passage.text); return holder; }
    put(passage.text.slice(0, wanted.start));
    holder.append(make("mark", passage.text.slice(wanted.start, wanted.end)));
    put(passage.text.slice(wanted.end));
    return holder;
  };

  const fill = (passage, statementId, address) => {
    const box = theDialog();
    const body = make("div", "", "ds-dialog-body");
    const top = make("div", "", "ds-dialog-top");
    const close = make("button", "Close");
    close.type = "button";
    close.addEventListener("click", () => box.close());
    top.append(close);
    const title = make("h2", `${passage.page_title}: ${passage.heading}`);
    title.id = "ds-dialog-title";
    body.append(title);
    body.append(make("p", `${passage.jurisdiction}${passage.reviewed ? ` · reviewed ${passage.reviewed}` : ""}`, "ds-meta"));
    body.append(marked(passage, statementId));
    const said = passage.statements.find((s) => s.id.split(".").pop() === statementId);
    if (said && said.speaker) body.append(make("p", `Marked sentence: ${said.speaker}`, "ds-meta"));
    body.append(make("h3", "Sources and where to check them"));
    const list = make("ul");
    for (const s of passage.sources) {
      list.append(make("li", `${s.title}, ${s.publisher} (${s.as_of}). Check at: ${s.check_at}.${s.caveat ? ` Note: ${s.caveat}` : ""}`));
    }
    body.append(list);
    const open = make("a", "Open as a page");
    open.href = address;
    open.target = "_blank";
    open.rel = "noopener";
    body.append(open);
    box.replaceChildren(top, body);
    box.showModal();
    box.scrollTop = 0;
    const mark = body.querySelector("mark");
    if (mark) mark.scrollIntoView({ block: "nearest" });
    close.focus({ preventScroll: true });
  };

  const load = async (link) => {
    const answer = await fetch(link.pathname, { headers: { Accept: "application/json" }, credentials: "same-origin" });
    if (!answer.ok) throw new Error(String(answer.status));
    return answer.json();
  };

  document.addEventListener("click", async (e) => {
    const link = e.target.closest && e.target.closest("a.ds-cite, a.ds-open");
    if (!isPassage(link) || e.ctrlKey || e.metaKey || e.shiftKey || e.button !== 0) return;
    e.preventDefault();
    e.stopPropagation();
    const address = link.pathname + link.hash;
    try { fill(await load(link), link.hash.slice(1), address); } catch { location.assign(address); }
  }, true);

  // The desk opens beside the conversation, at what was looked up last in this tab.
  document.addEventListener("click", (e) => {
    const link = e.target.closest && e.target.closest("#desk a");
    if (!link || e.ctrlKey || e.metaKey || e.shiftKey || e.button !== 0) return;
    e.preventDefault();
    const here = document.querySelector("#chat .ds-said");
    let last = null;
    try { last = sessionStorage.getItem("doorstep-lookup"); } catch { /* no storage */ }
    const address = link.matches(".ds-desk") && last ? last : link.getAttribute("href");
    if (here) open(address, "doorstep-desk"); else location.assign(address);
  });

  // "Leave this page": blank at once, let the server forget (the button's own event), then a neutral page in place of this one.
  document.addEventListener("click", (e) => {
    if (!(e.target.closest && e.target.closest("#leave"))) return;
    document.documentElement.style.visibility = "hidden";
    setTimeout(() => location.replace("/leave"), 200);
  });

  // The start of a new answer is what is read first: bring the last question to the top once.
  let seen = 0;
  new MutationObserver(() => {
    const said = document.querySelectorAll("#chat .ds-said");
    if (said.length === seen) return;
    seen = said.length;
    const last = said[said.length - 1];
    if (last) requestAnimationFrame(() => window.scrollTo({ top: window.scrollY + last.getBoundingClientRect().top - 16 }));
  }).observe(document.documentElement, { childList: true, subtree: true });
})();
