// Reports which link to an item's page was pressed; a link opened in another tab is followed as usual.
//
// Why: a browser that follows a link in HTML or Markdown starts a new session, which knows neither the open profile nor what was
// chosen elsewhere.
// Unnecessary once Streamlit follows links to the app's own pages as `st.page_link` does.

let go = null;

export default function ({ setTriggerValue }) {
  go = (film) => setTriggerValue("item", film);
  addEventListener("click", pressed); // a listener that is added twice listens once
}

function pressed(event) {
  const link = event.target.closest?.("a.item-page");
  if (!go || !link || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  go(new URL(link.href).searchParams.get("film"));
}
