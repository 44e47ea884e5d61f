// The module of a widget of one's own, so that what is wrong with it stands in the widget's place: anywidget
// writes that to the browser's console only.
const explain = (el, error) => {
  const text = document.createElement("pre");
  text.style.color = "var(--jp-error-color0, #b00)";
  text.textContent = `The module of this widget does not work: ${error}`;
  el.replaceChildren(text);
};
export default async () => {
  const url = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
  try {
    const module = await import(url);
    let widget = module.default ?? module;
    if (typeof widget === "function") widget = await widget();
    if (typeof widget.render !== "function") throw new Error("it has no function render");
    const render = async (context) => {
      try {
        return await widget.render(context);
      } catch (error) {
        explain(context.el, error);
      }
    };
    return { ...widget, render };
  } catch (error) {
    return { render: ({ el }) => explain(el, error) };
  } finally {
    URL.revokeObjectURL(url);
  }
};
