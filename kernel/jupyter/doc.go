// Package jupyter talks to Jupyter kernels: it finds kernelspecs, starts
// kernels and ends them, and speaks the messaging protocol 5.x over ZeroMQ
// (https://jupyter-client.readthedocs.io/en/stable/messaging.html). It knows
// nothing of notebooks.
//
// # Starting, running, ending
//
//	spec, err := jupyter.FindSpec("gonb")
//	kernel, err := jupyter.Launch(ctx, jupyter.LaunchOptions{Spec: spec})
//	defer kernel.Close()
//	x, err := kernel.Follow(ctx, jupyter.ExecuteRequest{Code: code, StoreHistory: true}, jupyter.Waits{})
//	for err == nil && !x.Ended() {
//		select {
//		case event, ok := <-kernel.Events():
//			if !x.Take(event, ok) || event.ParentID() != x.ID {
//				continue // output of another request, perhaps late
//			}
//			if content, ok := event.Content.(*jupyter.Stream); ok {
//				fmt.Print(content.Text)
//			}
//		case <-x.Due():
//			x.Wake()
//		case <-ctx.Done():
//			x.Halt()
//		}
//	}
//	err = kernel.Shutdown(ctx)
//
// [Launch] returns when the kernel is ready; [Attach] does the same for a
// kernel that runs already and is known by its connection file. A [Kernel] is
// a [Client] with the power to interrupt, shut down and restart. An
// [Execution] knows how long to wait for what. [Use] makes a Kernel of what
// another program runs: package gateway has kernels of Jupyter's servers.
//
// # One stream of events
//
// [Client.Events] is all that comes on the shell, control, stdin and iopub
// channels, in the order in which it came, with the time of receipt. Who runs
// code tells the events of a request by [Event.ParentID] and must expect them
// in any number and order: GoNB sends output after status idle, and replies of
// the control channel on shell. Requests with one answer (kernel_info,
// complete, inspect and so on) have methods that wait for it.
//
// Nothing that a kernel sends ends this process. A message that breaks the
// protocol, or whose signature is wrong, is an event with a
// [*BadMessageError]; a broken connection one with a [*ChannelLostError]; and
// the death of a kernel that was started here ends the stream with a
// [*DiedError], which has the signal and the kernel's last words.
//
// # What a kernel that is started here leaves behind
//
// Nothing: everything it writes to its temporary folder, its sockets, and the
// processes that it started are gone when [Kernel.Shutdown] or [Kernel.Close]
// returns. If this process is killed, Linux ends the kernel, and the next
// [Launch] removes the folder.
//
// A [Server] is the kernel's end of the protocol, for programs that are kernels
// themselves. Subpackage zmtp is the transport to kernels of this machine,
// gateway the one to kernels behind a Jupyter server, fakekernel a scripted
// kernel for tests.
package jupyter
