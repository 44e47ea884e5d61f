//go:build cgo && (linux || darwin)

package xlaplugin

/*
#include "pjrt.h"
#include <stdlib.h>
*/
import "C"

import (
	"errors"
	"fmt"
	"runtime"
	"runtime/cgo"
	"unsafe"
)

// Ahead runs programs of which each needs the results of the one before, and
// lets its caller prepare the next while one is computed. Without, the
// processors idle between two programs for as long as that takes.
//
// Its zero value is ready. Where the plugin is not [Open]'s, every program is
// waited for, as go-xla does.
type Ahead struct {
	running []chan error
}

// Run calls f, which executes one program, and returns when the one before
// ended, with its error. Results of f may be given to another program before
// they are there; before anybody looks at them, [Ahead.Wait] has to be called.
func (a *Ahead) Run(f func() error) error {
	p := opened.Load()
	if p == nil {
		return f()
	}
	event, err := runAhead(f)
	if event != nil {
		a.running = append(a.running, p.whenReady(event))
	}
	if err != nil {
		return errors.Join(a.Wait(), err)
	}
	for len(a.running) > 1 {
		if err := a.next(); err != nil {
			return errors.Join(err, a.Wait())
		}
	}
	return nil
}

// Wait returns when all programs ended, with their errors.
func (a *Ahead) Wait() error {
	var errs []error
	for len(a.running) > 0 {
		errs = append(errs, a.next())
	}
	return errors.Join(errs...)
}

// next waits for the program that has run for longest. It waits for a channel
// and not in C: Go's scheduler would look ten thousand times a second whether
// a call of C has returned, and take the time from those who compute.
func (a *Ahead) next() error {
	err := <-a.running[0]
	a.running = a.running[1:]
	return err
}

// runAhead calls f on a thread whose execution is not waited for, and returns
// the event of its end.
func runAhead(f func() error) (event unsafe.Pointer, err error) {
	execution := alloc[C.Execution]()
	defer C.free(unsafe.Pointer(execution))
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	C.xlaplugin_start_ahead(execution)
	defer C.xlaplugin_end_ahead()
	err = f()
	return execution.event, err
}

// whenReady returns a channel that gets an event's error, nil for none, and
// destroys the event.
func (p *Plugin) whenReady(event unsafe.Pointer) chan error {
	ended := make(chan error, 1)
	user := cgo.NewHandle(ended)
	if err := C.xlaplugin_on_ready(p.api.Event_OnReady, event, C.uintptr_t(user)); err != nil {
		user.Delete()
		ended <- p.failure(err)
	}
	a := alloc[C.EventArgs]()
	defer C.free(unsafe.Pointer(a))
	a.struct_size, a.event = C.sizeof_EventArgs, event
	p.ok(C.xlaplugin_call(p.api.Event_Destroy, unsafe.Pointer(a)))
	return ended
}

// xlapluginDone is called, by a thread of XLA's, when a program has ended.
//
//export xlapluginDone
func xlapluginDone(err unsafe.Pointer, user C.uintptr_t) {
	handle := cgo.Handle(user)
	ended := handle.Value().(chan error)
	handle.Delete()
	if err == nil {
		ended <- nil
		return
	}
	ended <- opened.Load().failure(err)
}

// failure is PJRT's error as one of Go; it destroys PJRT's.
func (p *Plugin) failure(err unsafe.Pointer) error {
	a := alloc[C.ErrorArgs]()
	defer C.free(unsafe.Pointer(a))
	a.struct_size, a.error = C.sizeof_ErrorArgs, err
	C.xlaplugin_call(p.api.Error_Message, unsafe.Pointer(a))
	failed := fmt.Errorf("XLA: %s", view(a.message, a.message_size))
	p.ok(err)
	return failed
}
