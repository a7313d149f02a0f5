package sandbox

import "net/http"

// routes is every path that the sandbox serves.
func (s *Server) routes() http.Handler {
	mux := http.NewServeMux()
	for pattern, do := range operations() {
		mux.Handle(pattern, s.api(pattern, do))
	}
	mux.HandleFunc("/v1/", s.unknownURL)
	s.pages(mux)
	return mux
}
