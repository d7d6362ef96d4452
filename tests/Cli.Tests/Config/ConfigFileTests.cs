using MeshConsole.Cli.Config;
using MeshConsole.Testing;

namespace MeshConsole.Cli.Tests.Config;

/// <summary>The configuration file and the verbs that change it.</summary>
public sealed class ConfigFileTests : IDisposable
{
    private readonly TempFolder folder = new();
    private readonly TestTerminal terminal = new();

    /// <summary>Every test has a configuration directory of its own.</summary>
    public ConfigFileTests() => terminal.Environment["XDG_CONFIG_HOME"] = folder.Path;

    private string File => folder.Combine("meshctl", "config.yaml");

    /// <inheritdoc />
    public void Dispose()
    {
        terminal.Dispose();
        folder.Dispose();
    }

    [Fact]
    public void DefaultPath_WithAndWithoutXdg_LiesInTheConfigurationDirectory()
    {
        Assert.Equal("/x/meshctl/config.yaml", ConfigFile.DefaultPath(v => v == "XDG_CONFIG_HOME" ? "/x" : "/home/me"));
        Assert.Equal("/home/me/.config/meshctl/config.yaml", ConfigFile.DefaultPath(v => v == "HOME" ? "/home/me" : null));
        Assert.Equal("/home/me/.config/meshctl/config.yaml", ConfigFile.DefaultPath(v => v == "HOME" ? "/home/me" : "relative"));
    }

    [Fact]
    public async Task Add_WithToken_KeepsItForTheOwnerAloneAndPrintsItNowhere()
    {
        Assert.Equal(ExitCode.Ok, await AddAsync("one", "--auth-type", "tokens", "--auth-conf", "token=s3cret"));
        Assert.DoesNotContain("s3cret", terminal.ToString(), StringComparison.Ordinal);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, System.IO.File.GetUnixFileMode(File));
        Assert.Contains("s3cret", await System.IO.File.ReadAllTextAsync(File, TestContext.Current.CancellationToken), StringComparison.Ordinal);

        Assert.Equal(ExitCode.Ok, await terminal.RunAsync("config", "control-planes", "list"));
        Assert.Equal("CURRENT   NAME   ADDRESS                    SIGN-IN   CERTIFICATE\n*         one    https://one.example:5682   token     -\n", terminal.Output);

        Assert.Equal(ExitCode.Ok, await terminal.RunAsync("config", "view"));
        Assert.DoesNotContain("s3cret", terminal.ToString(), StringComparison.Ordinal);
        Assert.Contains("token: \"*****\"", terminal.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task SwitchAndRemove_KnownAndUnknown_ChangeTheCurrentOne()
    {
        await AddAsync("one");
        await AddAsync("two");
        Assert.Equal("two", Load().Current);

        Assert.Equal(ExitCode.Ok, await terminal.RunAsync("config", "control-planes", "switch", "--name", "one"));
        Assert.Equal("one", Load().Current);
        Assert.Equal(ExitCode.Failed, await terminal.RunAsync("config", "control-planes", "switch", "--name", "three"));

        Assert.Equal(ExitCode.Ok, await terminal.RunAsync("config", "control-planes", "remove", "--name", "one"));
        Assert.Equal("", Load().Current);
        Assert.Equal(["two"], Load().ControlPlanes.Select(c => c.Name));
    }

    [Fact]
    public async Task Add_SameName_NeedsOverwrite()
    {
        await AddAsync("one");
        Assert.Equal(ExitCode.Failed, await AddAsync("one"));
        Assert.Equal(ExitCode.Ok, await AddAsync("one", "--overwrite", "--skip-verify"));
        Assert.True(Assert.Single(Load().ControlPlanes).SkipVerify);
    }

    [Theory]
    [InlineData("--auth-type", "tokens")]
    [InlineData("--auth-conf", "token=x")]
    [InlineData("--auth-type", "tokens", "--auth-conf", "tokn=x")]
    [InlineData("--auth-type", "basic")]
    [InlineData("--ca-cert-file", "/nowhere/ca.crt")]
    public async Task Add_OptionsThatDoNotGoTogether_IsWrongUsage(params string[] options)
    {
        Assert.Equal(ExitCode.Usage, await AddAsync("one", options));
        Assert.False(System.IO.File.Exists(File));
    }

    [Fact]
    public async Task Load_UnreadableFileAndUnknownContext_SayWhatIsWrong()
    {
        Assert.Equal(ExitCode.Failed, await terminal.RunAsync("get", "meshes", "--context", "absent"));
        Assert.Contains("There is no control plane 'absent'", terminal.Error, StringComparison.Ordinal);

        Directory.CreateDirectory(folder.Combine("meshctl"));
        await System.IO.File.WriteAllTextAsync(File, "current: [", TestContext.Current.CancellationToken);
        Assert.Equal(ExitCode.Failed, await terminal.RunAsync("config", "control-planes", "list"));
        Assert.Contains("invalid YAML", terminal.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Open_TokenReadableByOthers_Warns()
    {
        await AddAsync("one", "--auth-type", "tokens", "--auth-conf", "token=x");
        System.IO.File.SetUnixFileMode(File, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.OtherRead);

        await terminal.RunAsync("get", "meshes", "--api-timeout", "nonsense");

        Assert.Contains("others may read it", terminal.Error, StringComparison.Ordinal);
    }

    private Task<int> AddAsync(string name, params string[] options) =>
        terminal.RunAsync([.. (string[])["config", "control-planes", "add", "--name", name, "--address", $"https://{name}.example:5682", "--skip-check"], .. options]);

    private ConfigFile Load() => ConfigFile.Load(File).Value;
}
