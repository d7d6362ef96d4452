using System.Collections.Immutable;
using MeshConsole.Shared;
using Microsoft.Extensions.Logging;

namespace MeshConsole.ControlPlane.Tests.Kds;

/// <summary>Keeps what is logged, for tests to look at and to wait for.</summary>
internal sealed class LogBook : ILoggerProvider
{
    public Live<ImmutableList<Line>> Lines { get; } = new([]);

    public ILogger CreateLogger(string categoryName) => new Writer(this, categoryName);

    public void Dispose()
    {
    }

    /// <summary>The lines of our own code that hold a text.</summary>
    public IReadOnlyList<Line> Of(string text) => [.. Lines.Value.Where(l => l.Category.StartsWith("MeshConsole.", StringComparison.Ordinal) && l.Text.Contains(text, StringComparison.Ordinal))];

    /// <summary>One line.</summary>
    internal sealed record Line(LogLevel Level, string Category, string Text);

    private sealed class Writer(LogBook book, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            var line = new Line(logLevel, category, formatter(state, exception));
            book.Lines.Update(lines => lines.Add(line));
        }
    }
}
