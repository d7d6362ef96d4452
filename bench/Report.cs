using System.Globalization;
using System.Runtime.InteropServices;

namespace MeshConsole.Bench;

/// <summary>Prints what was measured, so that a figure never stands without its command, machine and date.</summary>
internal static class Report
{
    public static void Head(string command)
    {
        Line($"command: dotnet run --project bench -c Release -- {command}");
        Line($"machine: {Processor()}, {Environment.ProcessorCount} cores, {GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / (1L << 30)} GiB, {RuntimeInformation.OSDescription.Trim()}, .NET {Environment.Version}");
        Line($"date:    {DateTime.UtcNow.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture)} UTC, load {Load()}");
#if DEBUG
        Line("WARNING: a Debug build; its figures say nothing.");
#endif
    }

    public static void Line(string text) => Console.Out.WriteLine(text);

    /// <summary>Median, p90, p99 and worst of durations, in milliseconds.</summary>
    public static string Latencies(IEnumerable<TimeSpan> values)
    {
        var sorted = values.Order().ToArray();
        string At(double quantile) => sorted[Math.Min(sorted.Length - 1, (int)(sorted.Length * quantile))].TotalMilliseconds.ToString("0.0", CultureInfo.InvariantCulture);
        return $"median {At(0.5)} ms, p90 {At(0.9)} ms, p99 {At(0.99)} ms, worst {At(1)} ms (n={sorted.Length})";
    }

    private static string Processor() => File.Exists("/proc/cpuinfo")
        ? File.ReadLines("/proc/cpuinfo").FirstOrDefault(l => l.StartsWith("model name", StringComparison.Ordinal))?.Split(':')[1].Trim() ?? "unknown processor"
        : "unknown processor";

    private static string Load() => File.Exists("/proc/loadavg") ? File.ReadAllText("/proc/loadavg").Split(' ')[0] : "unknown";
}
