package display

import (
	"context"
	"fmt"
	"time"

	"github.com/janpfeifer/gonb/gonbui"
	"github.com/janpfeifer/gonb/gonbui/comms"
	"github.com/janpfeifer/gonb/gonbui/dom"
)

// Pick shows HTML and show(first) under it, and show of the number of every
// element that is clicked, or on which Enter is pressed, of those that have a
// number in the attribute data-pick:
//
//	<td data-pick="3" tabindex="0">…</td>
//
// It ends as [Slide] does, and as there it shows nothing and returns false where
// nobody can click.
func Pick(ctx context.Context, html string, first int, idle time.Duration, show func(number int) Bundle) (bool, error) {
	ctx, stop, ok, err := attended(ctx)
	defer stop()
	if !ok {
		return false, err
	}
	id := "gocifar_pick_" + gonbui.UniqueId()
	address := "/gocifar/pick/" + id
	picked := make(chan (<-chan int), 1)
	picked <- comms.Listen[int](address).LatestOnly().C // never closed, as in frontEndAnswers
	// JupyterLab keeps Enter for itself elsewhere.
	gonbui.DisplayHtml(fmt.Sprintf(`<div id="%s" data-lm-suppress-shortcuts="true">%s</div>`, id, html))
	dom.TransientJavascript(fmt.Sprintf(pickScript, id, first, address))
	picture := NewLive()
	if err := picture.Update(show(first)); err != nil {
		return false, err
	}
	return true, picture.follow(ctx, picked, idle, show)
}

// pickScript waits for the HTML with an id, marks the first element and sends
// the number of each that is chosen to an address.
const pickScript = `(() => {
	let tries = 0;
	const begin = (page) => {
		const mark = (chosen) => page.querySelectorAll("[data-pick]").forEach((e) => {
			e.style.outline = e === chosen ? "3px solid #d62728" : "";
		});
		const choose = (event) => {
			const chosen = event.target.closest("[data-pick]");
			if (!chosen) { return; }
			mark(chosen);
			globalThis.gonb_comm.send(%[3]q, Number(chosen.dataset.pick));
		};
		mark(page.querySelector('[data-pick="%[2]d"]'));
		page.addEventListener("click", choose);
		page.addEventListener("keydown", (event) => { if (event.key === "Enter") { choose(event); } });
	};
	const wait = () => {
		const page = document.getElementById(%[1]q);
		if (page && globalThis.gonb_comm) { begin(page); }
		else if (++tries < 100) { setTimeout(wait, 100); }
	};
	wait();
})();`
