package fakekernel

import "github.com/gocifar/gocifar/kernel/jupyter"

func (k *Kernel) receive(r *Request) {
	k.mu.Lock()
	k.received = append(k.received, r.Message)
	k.mu.Unlock()
	switch r.Channel {
	case jupyter.Shell:
		select {
		case k.shell <- r:
		case <-k.ctx.Done():
		}
	case jupyter.Control:
		k.answer(r)
	case jupyter.Stdin:
		if reply, ok := r.Content.(*jupyter.InputReply); ok {
			select {
			case k.inputs <- reply.Value:
			case <-k.ctx.Done():
			}
		}
	}
}

// work takes shell requests in order.
func (k *Kernel) work() {
	for {
		select {
		case <-k.ctx.Done():
			return
		case r := <-k.shell:
			if content, ok := r.Content.(*jupyter.ExecuteRequest); ok {
				k.execute(r, content)
			} else {
				k.answer(r)
			}
		}
	}
}

// answer treats every request but execute_request.
func (k *Kernel) answer(r *Request) {
	if k.options.Respond != nil && k.options.Respond(k, r) {
		return
	}
	switch c := r.Content.(type) {
	case *jupyter.KernelInfoRequest:
		if k.options.NeverReady {
			return
		}
		k.publish(r.Message.Header, &jupyter.Status{State: jupyter.Busy}, nil)
		k.Reply(r, k.kernelInfo())
		k.publish(r.Message.Header, &jupyter.Status{State: jupyter.Idle}, nil)
	case *jupyter.InterruptRequest:
		if !k.options.IgnoreInterrupt {
			k.Interrupt()
		}
		k.Reply(r, &jupyter.InterruptReply{Status: jupyter.StatusOK})
	case *jupyter.ShutdownRequest:
		if k.options.IgnoreShutdown {
			return
		}
		k.Reply(r, &jupyter.ShutdownReply{Status: jupyter.StatusOK, Restart: c.Restart})
		k.Die()
	}
}

// Interrupt interrupts the running execution, as an interrupt request does.
func (k *Kernel) Interrupt() {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.current != nil {
		k.current.interrupt()
	}
}

func (k *Kernel) kernelInfo() *jupyter.KernelInfoReply {
	if k.options.Info != nil {
		return k.options.Info
	}
	return &jupyter.KernelInfoReply{
		Status:          jupyter.StatusOK,
		ProtocolVersion: jupyter.ProtocolVersion,
		Implementation:  "fakekernel",
		LanguageInfo:    jupyter.LanguageInfo{Name: "fake", Version: "1", MIMEType: "text/plain", FileExtension: ".txt"},
		Banner:          "a scripted kernel",
	}
}
