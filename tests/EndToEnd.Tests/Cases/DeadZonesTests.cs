using System.Diagnostics;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using MeshConsole.Testing;
using MeshConsole.ZoneSimulator;

namespace MeshConsole.EndToEnd.Tests.Cases;

/// <summary>Zones that are dead or hostile do not matter to the others.</summary>
public sealed class DeadZonesTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>
    /// The case of istio/istio#32102 and istio/istio#33564: of ten known zones one has a bad token and hammers, one does not trust
    /// our certificate, one is gone. Global starts as fast as ever, serves the seven, says why the three are missing, and does
    /// not fill its log with them.
    /// </summary>
    [Fact]
    public async Task GlobalRestarted_WithThreeDeadZonesOfTen_ServesTheOthersAndStaysQuiet()
    {
        var began = Stopwatch.GetTimestamp();
        await using var site = await CaseSite.StartAsync();
        var normal = Stopwatch.GetElapsedTime(began);
        var zones = new List<SimulatedZone>();
        for (var i = 1; i <= 10; i++)
        {
            zones.Add(await site.JoinAsync($"zone-{i}", 1));
        }

        foreach (var dead in zones.Skip(7))
        {
            await dead.DisposeAsync();
        }

        await site.Global.KillAsync();
        var hostile = await site.ZoneAsync("zone-8", "no token at all");
        hostile.Start(); // tries again all the time, from before global is there
        began = Stopwatch.GetTimestamp();
        await site.Deployment.RestartGlobalAsync();
        var restart = Stopwatch.GetElapsedTime(began);
        TestContext.Current.SendDiagnosticMessage($"first start {normal.TotalSeconds:0.0} s, restart {restart.TotalSeconds:0.0} s");
        Assert.InRange(restart, TimeSpan.Zero, (normal * 2) + TimeSpan.FromSeconds(10));

        await using var distrustful = await DistrustfulZoneAsync(site, "zone-9");
        foreach (var zone in zones.Take(7))
        {
            await site.Deployment.OnlineAsync(zone.Name);
        }

        await Deployment.PutPermissionAsync(site.Global, "for-the-seven");
        await Eventually.TrueAsync(() => Task.FromResult(zones.Take(7).All(z => z.Of("MeshTrafficPermission").Values.Any(p => p.DisplayName == "for-the-seven"))), "the change in all seven", Cancel);
        await Eventually.TrueAsync(() => Task.FromResult(hostile.Connections > 40), "many tries of the hostile zone", Cancel);

        for (var i = 8; i <= 10; i++)
        {
            var state = await site.GetAsync($"/zones/zone-{i}/_state");
            Assert.Equal("offline", state.GetProperty("state").GetString());
            Assert.NotEmpty(state.GetProperty("reason").GetString()!);
        }

        Assert.Contains("token", (await site.GetAsync("/zones/zone-8/_state")).GetProperty("reason").GetString(), StringComparison.Ordinal);
        Assert.Contains("global is not trusted", await distrustful.ErrorLineAsync(l => l.Contains("not trusted", StringComparison.Ordinal), Cancel), StringComparison.Ordinal);
        var lines = site.Global.StandardOutput.Concat(site.Global.StandardError).ToList();
        var minutes = 1 + (int)Stopwatch.GetElapsedTime(began).TotalMinutes;
        Assert.All(new[] { "zone-8", "zone-9", "zone-10" }, z => Assert.InRange(lines.Count(l => l.Contains(z, StringComparison.Ordinal)), 0, minutes));
        Assert.DoesNotContain(lines, l => l.StartsWith("fail:", StringComparison.Ordinal) || l.StartsWith("crit:", StringComparison.Ordinal));
    }

    /// <summary>A real zone that was given another authority than ours.</summary>
    private static async Task<MeshConsoleProcess> DistrustfulZoneAsync(CaseSite site, string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=somebody else", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        using var certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        var file = site.Deployment.Folder.Combine("other-ca.pem");
        await File.WriteAllTextAsync(file, certificate.ExportCertificatePem(), Cancel);
        var token = site.Deployment.Folder.Combine("distrustful.token");
        await File.WriteAllTextAsync(token, await site.Deployment.ZoneTokenAsync(name), Cancel);
        return await MeshConsoleProcess.StartZoneAsync(
            site.Deployment.Folder, name, null, "--global", $"grpcs://localhost:{site.Global.KdsPort}", "--token-file", token, "--ca-file", file);
    }
}
