package storage

import (
	"context"
	"log/slog"
	"time"

	"gorm.io/gorm/logger"
)

const slow = time.Second

// slowLog tells of slow statements, without their values: those hold what customers told. Errors are
// not logged here, they are returned.
type slowLog struct{ log *slog.Logger }

var _ interface {
	logger.Interface
	// ParamsFilter is asked for by GORM before it explains a statement.
	ParamsFilter(ctx context.Context, sql string, params ...any) (string, []any)
} = slowLog{}

func (s slowLog) LogMode(logger.LogLevel) logger.Interface { return s }

func (s slowLog) Info(context.Context, string, ...any)  {}
func (s slowLog) Warn(context.Context, string, ...any)  {}
func (s slowLog) Error(context.Context, string, ...any) {}

func (s slowLog) Trace(ctx context.Context, begin time.Time, fc func() (string, int64), err error) {
	took := time.Since(begin)
	if s.log == nil || took < slow {
		return
	}
	sql, rows := fc()
	s.log.WarnContext(ctx, "slow statement", "took", took.Round(time.Millisecond), "rows", rows, "sql", sql)
}

// ParamsFilter drops the values of a statement.
func (s slowLog) ParamsFilter(_ context.Context, sql string, _ ...any) (string, []any) {
	return sql, nil
}
