using System.CommandLine;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using MeshConsole.ZoneSimulator;

var global = new Option<string>("--global") { Description = "address of global's KDS, for example grpcs://127.0.0.1:5685", Required = true };
var rest = new Option<string>("--rest") { Description = "address of global's REST API, to issue zone tokens", DefaultValueFactory = _ => "http://127.0.0.1:5681" };
var tokenFile = new Option<string?>("--admin-token-file") { Description = "file with an administrator's token; without it no zone tokens are sent" };
var zones = new Option<int>("--zones") { Description = "how many zones", DefaultValueFactory = _ => 5 };
var dataplanes = new Option<int>("--dataplanes") { Description = "data planes in each zone", DefaultValueFactory = _ => 10 };
var prefix = new Option<string>("--prefix") { Description = "names are PREFIX-1, PREFIX-2, …", DefaultValueFactory = _ => "sim" };
var silent = new Option<bool>("--silent") { Description = "fault: answers nothing" };
var slow = new Option<int>("--read-delay-ms") { Description = "fault: waits before each read" };
var rejectKind = new Option<string?>("--reject-kind") { Description = "fault: refuses every resource of this kind" };
var rejectName = new Option<string?>("--reject-name") { Description = "fault: refuses resources of this name" };
var claims = new Option<string?>("--claim-zone") { Description = "fault: says that what it sends is of another zone" };
var skew = new Option<int>("--clock-skew-s") { Description = "fault: tells times that are wrong by so many seconds" };
var storm = new Option<int>("--reconnect-every-ms") { Description = "fault: drops all connections again and again" };
var leaves = new Option<int>("--clean-end-every-ms") { Description = "fault: says goodbye and comes back, again and again" };
var halfOpen = new Option<int>("--half-open-every-ms") { Description = "fault: leaves its connection half-open and comes back on a new one, again and again" };
var linkDown = new Option<int>("--link-down-after-ms") { Description = "fault: from then on its link drops everything, and neither side is told" };
var faulty = new Option<int>("--faulty") { Description = "how many zones have the faults; default: all", DefaultValueFactory = _ => int.MaxValue };

string[] controlPlane = ["cp"];
var root = new RootCommand("Speaks KDS as many zones with data planes, well or badly. Ctrl+C ends it.")
{
    global, rest, tokenFile, zones, dataplanes, prefix, silent, slow, rejectKind, rejectName, claims, skew, storm, leaves, halfOpen, linkDown, faulty,
};
root.SetAction(async (parsed, cancellationToken) =>
{
    var fleet = new List<SimulatedZone>();
    for (var i = 0; i < parsed.GetValue(zones); i++)
    {
        var name = $"{parsed.GetValue(prefix)}-{i + 1}";
        var zone = new SimulatedZone(name, parsed.GetValue(global)!, await TokenAsync(name));
        if (i < parsed.GetValue(faulty))
        {
            zone.Faults.Silent = parsed.GetValue(silent);
            zone.Faults.ReadDelay = TimeSpan.FromMilliseconds(parsed.GetValue(slow));
            zone.Faults.RejectKind = parsed.GetValue(rejectKind);
            zone.Faults.RejectName = parsed.GetValue(rejectName);
            zone.Faults.ClaimsZone = parsed.GetValue(claims);
            zone.Faults.ClockSkew = TimeSpan.FromSeconds(parsed.GetValue(skew));
        }

        zone.Populate(parsed.GetValue(dataplanes));
        zone.Start();
        fleet.Add(zone);
    }

    var bad = fleet.Take(parsed.GetValue(faulty)).ToList();
    try
    {
        await Task.WhenAll(
            EveryAsync(5000, Report),
            EveryAsync(parsed.GetValue(storm), () => bad.ForEach(z => z.Drop())),
            EveryAsync(parsed.GetValue(leaves), () => bad.ForEach(z => z.Leave())),
            EveryAsync(parsed.GetValue(halfOpen), () => bad.ForEach(z => z.LoseConnection())),
            EveryAsync(parsed.GetValue(linkDown), () => bad.ForEach(z => z.Faults.LinkDown = true)));
    }
    catch (OperationCanceledException)
    {
        await Task.WhenAll(fleet.Select(z => z.DisposeAsync().AsTask()));
    }

    void Report() => Console.Out.WriteLine($"{fleet.Count(z => z.IsComplete)} of {fleet.Count} zones complete, {fleet.Sum(z => z.Received)} responses, {fleet.Sum(z => z.Connections)} connections{Problems(fleet)}");

    async Task EveryAsync(int milliseconds, Action act)
    {
        if (milliseconds <= 0)
        {
            return;
        }

        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(milliseconds));
        while (await timer.WaitForNextTickAsync(cancellationToken))
        {
            act();
        }
    }

    async Task<string?> TokenAsync(string zone)
    {
        if (parsed.GetValue(tokenFile) is not { } file)
        {
            return null;
        }

        using var http = new HttpClient { BaseAddress = new Uri(parsed.GetValue(rest)!) };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", (await File.ReadAllTextAsync(file, cancellationToken)).Trim());
        using var answer = await http.PostAsJsonAsync("/tokens/zone", new { zone, scope = controlPlane, validFor = "24h" }, cancellationToken);
        answer.EnsureSuccessStatusCode();
        return (await answer.Content.ReadAsStringAsync(cancellationToken)).Trim().Trim('"');
    }

    static string Problems(List<SimulatedZone> fleet) => fleet.FirstOrDefault(z => !z.IsComplete && z.Problem is not null) is { } zone ? $"; {zone.Name}: {zone.Problem}" : "";
});
return await root.Parse(args).InvokeAsync();
