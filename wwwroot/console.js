// The little that needs the browser itself: theme, time zone, clipboard, shortcut, dragging, connection state.
(() => {
  const root = document.documentElement;
  const base = new URL(document.baseURI).pathname;
  const remember = (name, value) => {
    document.cookie = `${name}=${encodeURIComponent(value)}; path=${base}; max-age=31536000; samesite=lax`;
  };
  const zone = `${Intl.DateTimeFormat().resolvedOptions().timeZone ?? "UTC"}|${-new Date().getTimezoneOffset()}`;
  remember("mc-zone", zone);

  window.meshconsole = {
    timeZone: () => zone,
    ready() { root.dataset.ready = "true"; },
    setTheme(theme) {
      remember("mc-theme", theme);
      if (theme === "system") delete root.dataset.theme; else root.dataset.theme = theme;
    },
    async copy(text) {
      try { await navigator.clipboard.writeText(text); return true; } catch { /* no permission or plain HTTP: fall through */ }
      const area = document.createElement("textarea");
      area.value = text; area.style.position = "fixed"; area.style.opacity = "0";
      document.body.append(area); area.select();
      const done = document.execCommand("copy");
      area.remove();
      return done;
    },
    focus(element) { element?.focus(); },
    selectLine(id, line) {
      const area = document.getElementById(id);
      if (!area) return;
      const lines = area.value.split("\n");
      const start = lines.slice(0, line - 1).reduce((sum, l) => sum + l.length + 1, 0);
      area.focus(); area.setSelectionRange(start, start + (lines[line - 1]?.length ?? 0));
      area.scrollTop = Math.max(0, (line - 5) * parseFloat(getComputedStyle(area).lineHeight));
    },
    scrollTo(id) { document.getElementById(id)?.scrollIntoView({ block: "nearest" }); },
    download(name, text) {
      const link = document.createElement("a");
      link.href = URL.createObjectURL(new Blob([text], { type: "text/plain" }));
      link.download = name; link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 1000);
    },
    // Ctrl+K and "/" open the search palette.
    shortcuts(dotnet) {
      const onKey = e => {
        const typing = /^(input|textarea|select)$/i.test(e.target.tagName) || e.target.isContentEditable;
        if ((e.ctrlKey || e.metaKey) && e.key.toLowerCase() === "k" || e.key === "/" && !typing) {
          e.preventDefault(); dotnet.invokeMethodAsync("OpenPalette");
        }
      };
      document.addEventListener("keydown", onKey);
      return { dispose: () => document.removeEventListener("keydown", onKey) };
    },
    // Split bar: pointer positions go to the server as shares of the bar's width, at most one per frame.
    splitDrag(bar, dotnet) {
      let handle = null, waiting = null, frame = 0;
      const send = () => { frame = 0; if (handle !== null && waiting !== null) { dotnet.invokeMethodAsync("Drag", handle, waiting); waiting = null; } };
      const onDown = e => {
        const grip = e.target.closest(".handle");
        if (!grip || e.button > 0) return;
        handle = Number(grip.dataset.index); grip.setPointerCapture(e.pointerId); e.preventDefault(); grip.focus();
        dotnet.invokeMethodAsync("DragStart", handle);
      };
      const onMove = e => {
        if (handle === null) return;
        const box = bar.getBoundingClientRect();
        waiting = Math.min(1, Math.max(0, (e.clientX - box.left) / box.width));
        frame ||= requestAnimationFrame(send);
      };
      const onUp = () => { if (handle === null) return; send(); handle = null; dotnet.invokeMethodAsync("DragEnd"); };
      const onKey = e => { if (e.target.closest(".handle") && /^(Arrow|Page|Home|End)/.test(e.key)) e.preventDefault(); };
      bar.addEventListener("pointerdown", onDown); bar.addEventListener("pointermove", onMove);
      bar.addEventListener("pointerup", onUp); bar.addEventListener("pointercancel", onUp); bar.addEventListener("keydown", onKey);
      bar.dataset.ready = "true"; // from here on a drag is not lost
      return { dispose() {
        bar.removeEventListener("pointerdown", onDown); bar.removeEventListener("pointermove", onMove);
        bar.removeEventListener("pointerup", onUp); bar.removeEventListener("pointercancel", onUp); bar.removeEventListener("keydown", onKey);
      } };
    },
  };

  // One-time set-up: the code travels in the fragment, which browsers never send; the form posts it.
  const takeCode = () => {
    for (const field of document.querySelectorAll("input[data-code-from-fragment]")) {
      if (location.hash.length > 1 && !field.value) {
        field.value = decodeURIComponent(location.hash.slice(1));
        document.querySelector("[data-without-code]")?.remove();
        history.replaceState(null, "", location.pathname + location.search);
        if (field.dataset.codeFromFragment === "submit") field.form.requestSubmit();
      }
    }
  };
  takeCode();

  const modal = document.getElementById("components-reconnect-modal");
  modal?.addEventListener("components-reconnect-state-changed", e => {
    const state = e.detail.state;
    root.classList.toggle("lost", state !== "hide");
    // The server no longer has this page (restart): a reload brings the newest state and keeps the address.
    if (state === "rejected") location.reload();
  });
  document.getElementById("reconnect-now")?.addEventListener("click", async () => {
    try { if (!await Blazor.reconnect()) location.reload(); } catch { location.reload(); }
  });
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible" && modal?.classList.contains("components-reconnect-failed")) location.reload();
  });
})();
