namespace MeshConsole.Web.Hosting;

/// <summary>Where settings come from, weakest first: appsettings.json, Kuma's variables, our variables, arguments.</summary>
internal static class Settings
{
    private const string Prefix = "MESHCONSOLE__";

    /// <summary>
    /// The directory with appsettings.json and wwwroot: where a published program lies, since only there all files of the
    /// console are together; for a plain build the working directory of a checkout.
    /// </summary>
    public static string ContentRoot { get; } =
        !Directory.Exists(Path.Combine(AppContext.BaseDirectory, "wwwroot", "_content"))
        && File.Exists(Path.Combine(Directory.GetCurrentDirectory(), "appsettings.json")) && Directory.Exists(Path.Combine(Directory.GetCurrentDirectory(), "wwwroot"))
            ? Directory.GetCurrentDirectory()
            : AppContext.BaseDirectory;

    /// <summary>Reads all sources.</summary>
    /// <param name="arguments">What the command line says, as keys and values.</param>
    /// <param name="mode"><c>global</c> or <c>zone</c>: the verb.</param>
    public static IConfigurationRoot Read(IReadOnlyDictionary<string, string?> arguments, string mode)
    {
        var kuma = Environment.GetEnvironmentVariables().Keys.Cast<string>()
            .Where(k => k.StartsWith("KUMA_", StringComparison.Ordinal))
            .ToDictionary(k => k, Environment.GetEnvironmentVariable);
        var own = Environment.GetEnvironmentVariables().Keys.Cast<string>()
            .Where(k => k.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase))
            .ToDictionary(k => k[Prefix.Length..].Replace("__", ":", StringComparison.Ordinal), Environment.GetEnvironmentVariable, StringComparer.OrdinalIgnoreCase);
        return new ConfigurationBuilder()
            .AddJsonFile(Path.Combine(ContentRoot, "appsettings.json"), optional: true)
            .AddInMemoryCollection(kuma)
            .AddInMemoryCollection(own)
            .AddInMemoryCollection(arguments)
            .AddInMemoryCollection([KeyValuePair.Create("Mode", (string?)mode)])
            .Build();
    }
}
