package httpserver_test

import (
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"testing"

	"countersign/httpserver"
)

func TestWhatWasBegunIsAnsweredBeforeItStops(t *testing.T) {
	begun, stopping := make(chan struct{}), make(chan struct{})
	once := 0
	s := httpserver.Server{What: "tests", Log: slog.New(slog.DiscardHandler),
		Stopping: func() {
			if once++; once == 1 {
				close(stopping)
			}
		},
		Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			close(begun)
			<-stopping // a long answer is told to end
			_, _ = io.WriteString(w, "answered")
		})}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(ctx, l) }()
	go func() {
		<-begun
		stop()
	}()
	res, err := http.Get("http://" + l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if text, err := io.ReadAll(res.Body); err != nil || string(text) != "answered" {
		t.Errorf("answer %q, error %v", text, err)
	}
	if err := <-ended; err != nil {
		t.Errorf("ended with %v", err)
	}
	if err := s.ListenAndServe(t.Context(), "127.0.0.1:-1"); err == nil {
		t.Error("an address that cannot be listened on is taken")
	}
}
