package jupyter

import "sync"

// eventQueue hands events on in order, however slow their reader is. It has no
// limit: if a client stops reading its sockets, a kernel on libzmq drops
// messages after the first thousand, and one on zmq4 stands still.
type eventQueue struct {
	out  chan Event
	quit chan struct{} // closed by abandon

	mu     sync.Mutex
	events []Event
	ended  bool
	wake   chan struct{} // has room for one: "look again"
	once   sync.Once
}

func newEventQueue() *eventQueue {
	q := &eventQueue{out: make(chan Event), quit: make(chan struct{}), wake: make(chan struct{}, 1)}
	go q.pump()
	return q
}

func (q *eventQueue) push(e Event) {
	q.mu.Lock()
	if !q.ended {
		q.events = append(q.events, e)
	}
	q.mu.Unlock()
	q.notify()
}

// end lets the reader have what is queued and then closes its channel.
func (q *eventQueue) end() {
	q.mu.Lock()
	q.ended = true
	q.mu.Unlock()
	q.notify()
}

// abandon drops what is queued and closes the reader's channel.
func (q *eventQueue) abandon() { q.once.Do(func() { close(q.quit) }) }

func (q *eventQueue) notify() {
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

func (q *eventQueue) pump() {
	defer close(q.out)
	for {
		q.mu.Lock()
		events, ended := q.events, q.ended
		q.events = nil
		q.mu.Unlock()
		for i := range events {
			select {
			case q.out <- events[i]:
				events[i] = Event{} // let go of a large message
			case <-q.quit:
				return
			}
		}
		if len(events) > 0 {
			continue
		}
		if ended {
			return
		}
		select {
		case <-q.wake:
		case <-q.quit:
			return
		}
	}
}
