package jupyter_test

import (
	"context"
	"testing"

	"github.com/gocifar/gocifar/kernel/jupyter"
	"github.com/gocifar/gocifar/kernel/jupyter/fakekernel"
)

// peers are the real kernels, by their function that skips.
var peers = []struct {
	name string
	spec func(testing.TB) *jupyter.Spec
}{
	{"gonb", gonb},
	{"ipykernel", ipykernel},
}

// BenchmarkLaunch measures the time until a kernel is ready, and apart from it
// the time to end it.
func BenchmarkLaunch(b *testing.B) {
	for _, peer := range peers {
		b.Run(peer.name, func(b *testing.B) {
			spec := peer.spec(b)
			for b.Loop() {
				k, err := jupyter.Launch(context.Background(), jupyter.LaunchOptions{Spec: spec})
				if err != nil {
					b.Fatal(err)
				}
				b.StopTimer()
				if err := k.Shutdown(context.Background()); err != nil {
					b.Fatal(err)
				}
				k.Close()
				b.StartTimer()
			}
		})
	}
}

func BenchmarkShutdown(b *testing.B) {
	for _, peer := range peers {
		b.Run(peer.name, func(b *testing.B) {
			spec := peer.spec(b)
			for b.Loop() {
				b.StopTimer()
				k, err := jupyter.Launch(context.Background(), jupyter.LaunchOptions{Spec: spec})
				if err != nil {
					b.Fatal(err)
				}
				b.StartTimer()
				if err := k.Shutdown(context.Background()); err != nil {
					b.Fatal(err)
				}
				b.StopTimer()
				k.Close()
				b.StartTimer()
			}
		})
	}
}

// BenchmarkExecute measures from a request to its reply and idle.
func BenchmarkExecute(b *testing.B) {
	b.Run("ipykernel", func(b *testing.B) {
		k, err := jupyter.Launch(context.Background(), jupyter.LaunchOptions{Spec: ipykernel(b)})
		if err != nil {
			b.Fatal(err)
		}
		defer k.Close()
		benchmarkExecute(b, k, "pass")
	})
	b.Run("fakekernel", func(b *testing.B) {
		fake, err := fakekernel.Start(fakekernel.Options{})
		if err != nil {
			b.Fatal(err)
		}
		defer fake.Close()
		k, err := jupyter.Attach(context.Background(), fake.Connection())
		if err != nil {
			b.Fatal(err)
		}
		defer k.Close()
		benchmarkExecute(b, k, "")
	})
}

func benchmarkExecute(b *testing.B, k *jupyter.Kernel, code string) {
	for b.Loop() {
		id, err := k.Execute(context.Background(), jupyter.ExecuteRequest{Code: code, StoreHistory: true})
		if err != nil {
			b.Fatal(err)
		}
		for replied, idle := false, false; !replied || !idle; {
			e, ok := <-k.Events()
			if !ok {
				b.Fatal("the kernel is gone")
			}
			if e.ParentID() != id {
				continue
			}
			switch c := e.Content.(type) {
			case *jupyter.ExecuteReply:
				replied = true
			case *jupyter.Status:
				idle = idle || c.State == jupyter.Idle
			}
		}
	}
}
