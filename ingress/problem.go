package ingress

import (
	"errors"
	"log/slog"
	"net/http"

	"github.com/labstack/echo/v4"
	"go.temporal.io/api/serviceerror"
	"google.golang.org/grpc/codes"
)

// problem pairs the words the sender may read with the cause only we may.
func problem(code int, public string, cause error) error {
	return echo.NewHTTPError(code, public).SetInternal(cause)
}

// answer is echo's error handler: it sends {"error": public words} and logs the
// cause. Errors that are not ours become a bare 500.
func answer(log *slog.Logger) echo.HTTPErrorHandler {
	return func(err error, c echo.Context) {
		he := &echo.HTTPError{Code: http.StatusInternalServerError, Message: "internal error", Internal: err}
		errors.As(err, &he)
		log.Log(c.Request().Context(), level(he), "request refused",
			"status", he.Code, "path", c.Path(), "remote", c.RealIP(), "error", cause(he))
		if c.Response().Committed {
			return
		}
		if err := c.JSON(he.Code, map[string]any{"error": he.Message}); err != nil {
			log.Warn("answer not sent", "status", he.Code, "error", err)
		}
	}
}

// level is error where an operator must act: our own fault, a delivery that is
// the custodian's and cannot be read, or an event that Temporal will not take,
// however often it is sent.
func level(he *echo.HTTPError) slog.Level {
	switch serviceerror.ToStatus(he.Internal).Code() {
	case codes.InvalidArgument, codes.NotFound, codes.PermissionDenied, codes.Unauthenticated:
		return slog.LevelError
	}
	if errors.Is(he.Internal, ErrNotEvent) {
		return slog.LevelError
	}
	if he.Code >= 500 && he.Code != http.StatusServiceUnavailable {
		return slog.LevelError
	}
	return slog.LevelWarn
}

func cause(he *echo.HTTPError) any {
	if he.Internal != nil {
		return he.Internal
	}
	return he.Message
}
