// Package widgets puts sliders, buttons and the other controls of Jupyter's
// ipywidgets into notebooks, with Go values behind them:
//
//	epoch := widgets.IntSlider(1, 40, 1, widgets.Description("epoch"))
//	epoch.Observe(func(n int) { picture.SetValue(draw(n)) })
//	widgets.VBox(epoch, picture)
//
// The last line shows the controls below the cell, as a cell's last value does;
// [Show] shows them anywhere. Each control is ipywidgets' own in the front end,
// so every front end that has those (JupyterLab, Notebook, VS Code, nbconvert)
// has these, and a reloaded page or a second tab shows the state that there is.
//
// A control's value has its Go type: an int slider's is an int, a dropdown of
// your own type gives values of that type. Handlers run one after the other on a
// goroutine of their own, also while a cell computes: what a handler and a cell
// both touch needs a lock. Methods of controls may be called from anywhere.
//
// Where there is no front end (a program of its own, GoNB's kernel) controls
// hold their values all the same, and show themselves as text.
//
// README.md lists the controls, and what is other than in ipywidgets.
package widgets
