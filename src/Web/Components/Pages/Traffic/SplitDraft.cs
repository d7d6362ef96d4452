using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using MeshConsole.Shared;
using MeshConsole.Web.Live;

namespace MeshConsole.Web.Components.Pages.Traffic;

/// <summary>
/// A MeshHTTPRoute while it is edited: the manifest as JSON, of which the bars and numbers are only a view. Members this
/// editor does not know (filters, further targets) stay as they are. Every change can be undone.
/// </summary>
public sealed class SplitDraft
{
    private readonly Stack<string> undo = new();
    private readonly string saved;
    private JsonObject manifest;

    private SplitDraft(JsonObject manifest, ServiceFacts service, string saved)
    {
        this.manifest = manifest;
        this.saved = saved;
        Service = service;
    }

    /// <summary>The service whose traffic is moved.</summary>
    public ServiceFacts Service { get; }

    /// <summary>Name of the policy.</summary>
    public string Name => manifest["name"]!.GetValue<string>();

    /// <summary>The manifest as it stands; a copy.</summary>
    public JsonObject Manifest => manifest.DeepClone().AsObject();

    /// <summary>The manifest that is stored, or null when the policy is new.</summary>
    public JsonObject? Saved => saved.Length == 0 ? null : JsonNode.Parse(saved)!.AsObject();

    /// <summary>Something differs from what is stored.</summary>
    public bool Dirty => saved.Length == 0 || !JsonNode.DeepEquals(manifest, JsonNode.Parse(saved));

    /// <summary>There is something to undo.</summary>
    public bool CanUndo => undo.Count > 0;

    /// <summary>The rules that send this service's requests, first match first.</summary>
    public ImmutableArray<SplitRule> Rules
    {
        get
        {
            var rules = ImmutableArray.CreateBuilder<SplitRule>();
            var to = Array(Node(manifest, "spec"), "to");
            for (var t = 0; t < to.Count; t++)
            {
                if (to[t] is not JsonObject entry || !Points(entry["targetRef"] as JsonObject))
                {
                    continue;
                }

                var list = Array(entry, "rules");
                for (var r = 0; r < list.Count; r++)
                {
                    if (list[r] is JsonObject rule)
                    {
                        rules.Add(SplitRule.Read(rule, t, r));
                    }
                }
            }

            return rules.ToImmutable();
        }
    }

    /// <summary>Opens a stored route.</summary>
    public static SplitDraft Open(JsonObject manifest, ServiceFacts service) =>
        new(manifest.DeepClone().AsObject(), service, manifest.ToJsonString());

    /// <summary>A new route that changes nothing yet: everything goes to the service itself.</summary>
    public static SplitDraft Create(string name, ServiceFacts service)
    {
        var manifest = new JsonObject
        {
            ["type"] = "MeshHTTPRoute",
            ["mesh"] = service.Mesh,
            ["name"] = name,
            ["spec"] = new JsonObject
            {
                ["targetRef"] = new JsonObject { ["kind"] = "Mesh" },
                ["to"] = new JsonArray(new JsonObject
                {
                    ["targetRef"] = Reference(service),
                    ["rules"] = new JsonArray(EverythingTo(service)),
                }),
            },
        };
        return new SplitDraft(manifest, service, "");
    }

    /// <summary>A reference to a service that finds it in every zone: by name for services of all zones, by labels otherwise.</summary>
    public static JsonObject Reference(ServiceFacts service)
    {
        var reference = new JsonObject { ["kind"] = service.Kind };
        if (service.Kind == "MeshService")
        {
            var labels = new JsonObject { [Labels.DisplayName] = service.Name };
            if (service.Zone.Length > 0)
            {
                labels[Labels.Zone] = service.Zone;
            }

            reference["labels"] = labels;
        }
        else
        {
            reference["name"] = service.Key.Name;
        }

        return reference;
    }

    /// <summary>Sets one weight to what was typed; the others stay. What is no weight is kept as it is, for the rules to refuse.</summary>
    public void SetWeight(SplitRule rule, int target, string typed) => Change(() => Write(rule, target, Parse(typed.Trim())));

    /// <summary>Remembers the state before a handle is dragged, so that the whole drag is undone at once.</summary>
    public void BeginDrag(SplitRule rule)
    {
        undo.Push(manifest.ToJsonString());
        if (rule.Total >= 100 || rule.Targets.Length < 2)
        {
            return;
        }

        // Small weights are rewritten in hundredths, or a handle would jump; all-zero ones begin in equal shares.
        var shares = rule.Total == 0
            ? Spread(100, [.. Enumerable.Repeat(1L, rule.Targets.Length)])
            : Spread(100, [.. rule.Targets.Select(t => t.Weight)]);
        for (var i = 0; i < shares.Length; i++)
        {
            Write(rule, i, shares[i]);
        }
    }

    /// <summary>Moves the border between target <paramref name="handle"/> and the next; only these two change, their sum stays.</summary>
    /// <param name="rule">The rule as it is now.</param>
    /// <param name="handle">Index of the target left of the handle.</param>
    /// <param name="share">Where the border shall be, 0 to 1 of the bar.</param>
    public void Drag(SplitRule rule, int handle, double share)
    {
        if (handle < 0 || handle + 1 >= rule.Targets.Length)
        {
            return;
        }

        var before = rule.Targets.Take(handle).Sum(t => t.Weight);
        var pair = rule.Targets[handle].Weight + rule.Targets[handle + 1].Weight;
        var border = (long)Math.Round(Math.Clamp(share, 0, 1) * rule.Total);
        var left = Math.Clamp(border - before, 0, pair);
        Write(rule, handle, left);
        Write(rule, handle + 1, pair - left);
    }

    /// <summary>Forgets the last remembered state when a drag changed nothing.</summary>
    public void EndDrag()
    {
        if (undo.Count > 0 && undo.Peek() == manifest.ToJsonString())
        {
            undo.Pop();
        }
    }

    /// <summary>Gives every target the same share of 100.</summary>
    public void Equalise(SplitRule rule) => Change(() =>
    {
        var shares = Spread(100, [.. Enumerable.Repeat(1L, rule.Targets.Length)]);
        for (var i = 0; i < shares.Length; i++)
        {
            Write(rule, i, shares[i]);
        }
    });

    /// <summary>Sets every weight to 0: requests get 503.</summary>
    public void Drain(SplitRule rule) => Change(() =>
    {
        for (var i = 0; i < rule.Targets.Length; i++)
        {
            Write(rule, i, 0);
        }
    });

    /// <summary>Adds a target with weight 0.</summary>
    public void Add(SplitRule rule, ServiceFacts service, int port) => Change(() =>
    {
        var reference = Reference(service);
        reference["port"] = port;
        reference["weight"] = rule.Targets.IsEmpty ? 100 : 0;
        Backends(rule, create: true)!.Add(reference);
    });

    /// <summary>Takes a target out; its weight goes to nobody.</summary>
    public void Remove(SplitRule rule, int target) => Change(() => Backends(rule, create: false)?.RemoveAt(target));

    /// <summary>Adds a rule before all others, for requests that carry a header.</summary>
    public void AddHeaderRule(string header, string value) => Change(() =>
    {
        var rules = FirstRules();
        var rule = EverythingTo(Service);
        rule["matches"] = new JsonArray(new JsonObject
        {
            ["path"] = new JsonObject { ["type"] = "PathPrefix", ["value"] = "/" },
            ["headers"] = new JsonArray(new JsonObject { ["type"] = "Exact", ["name"] = header, ["value"] = value }),
        });
        rules.Insert(0, rule);
    });

    /// <summary>Adds a rule for a path prefix, before the one that takes everything.</summary>
    public void AddPathRule(string prefix) => Change(() =>
    {
        var rules = FirstRules();
        var rule = EverythingTo(Service);
        rule["matches"] = new JsonArray(new JsonObject { ["path"] = new JsonObject { ["type"] = "PathPrefix", ["value"] = prefix } });
        rules.Insert(Math.Max(0, rules.Count - 1), rule);
    });

    /// <summary>Takes a rule out.</summary>
    public void RemoveRule(SplitRule rule) => Change(() => RulesOf(rule).RemoveAt(rule.Index));

    /// <summary>Takes the last change back.</summary>
    public void Undo()
    {
        if (undo.TryPop(out var before))
        {
            manifest = JsonNode.Parse(before)!.AsObject();
        }
    }

    /// <summary>Back to what is stored (or to the untouched new route).</summary>
    public void Discard()
    {
        var first = undo.Count > 0 ? undo.Last() : null;
        undo.Clear();
        manifest = saved.Length > 0 ? JsonNode.Parse(saved)!.AsObject() : first is null ? manifest : JsonNode.Parse(first)!.AsObject();
    }

    /// <summary>Takes over a manifest written as text.</summary>
    public void Replace(JsonObject text) => Change(() => manifest = text.DeepClone().AsObject());

    /// <summary>The draft on top of another stored version: what is stored counts as that, the edits stay.</summary>
    public SplitDraft OnTopOf(JsonObject stored)
    {
        var draft = Open(stored, Service);
        draft.undo.Push(draft.manifest.ToJsonString());
        draft.manifest = Manifest;
        return draft;
    }

    /// <summary>Shares of <paramref name="total"/> in whole numbers, in proportion to <paramref name="weights"/>; the sum is exact.</summary>
    internal static long[] Spread(long total, ImmutableArray<long> weights)
    {
        var sum = weights.Sum();
        var shares = new long[weights.Length];
        long given = 0;
        double running = 0;
        for (var i = 0; i < weights.Length; i++)
        {
            running += weights[i];
            var upTo = sum == 0 ? 0 : (long)Math.Round(running / sum * total);
            shares[i] = upTo - given;
            given = upTo;
        }

        return shares;
    }

    /// <summary>True when a <c>targetRef</c> of this route means <paramref name="service"/>.</summary>
    public static bool Points(JsonObject? reference, ServiceFacts service)
    {
        if (reference is null || Text(reference["kind"]) != service.Kind)
        {
            return false;
        }

        if (reference["labels"] is JsonObject { Count: > 0 } labels)
        {
            return labels.All(l => Carries(service, l.Key, Text(l.Value)));
        }

        return Text(reference["name"]) is { Length: > 0 } name && (name == service.Key.Name || name == service.Name);
    }

    internal static bool Carries(ServiceFacts service, string key, string? value) => key switch
    {
        Labels.DisplayName => service.Name == value,
        Labels.Zone => service.Zone == value,
        _ => service.Labels.TryGetValue(key, out var own) && own == value,
    };

    internal static string? Text(JsonNode? node) => node is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;

    internal static JsonArray Array(JsonObject? parent, string name) => parent?[name] as JsonArray ?? [];

    internal static JsonObject? Node(JsonObject? parent, string name) => parent?[name] as JsonObject;

    private static JsonObject EverythingTo(ServiceFacts service)
    {
        var self = Reference(service);
        if (!service.Ports.IsEmpty)
        {
            self["port"] = service.Ports[0].Port;
        }

        self["weight"] = 100;
        return new JsonObject
        {
            ["matches"] = new JsonArray(new JsonObject { ["path"] = new JsonObject { ["type"] = "PathPrefix", ["value"] = "/" } }),
            ["default"] = new JsonObject { ["backendRefs"] = new JsonArray(self) },
        };
    }

    private bool Points(JsonObject? reference) => Points(reference, Service);

    private void Change(Action change)
    {
        undo.Push(manifest.ToJsonString());
        change();
        EndDrag();
    }

    private static JsonValue Parse(string typed) =>
        long.TryParse(typed, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole) ? JsonValue.Create(whole)
        : double.TryParse(typed, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number) ? JsonValue.Create(number)
        : JsonValue.Create(typed);

    private void Write(SplitRule rule, int target, JsonNode weight)
    {
        if (Backends(rule, create: false) is { } backends && target < backends.Count && backends[target] is JsonObject reference)
        {
            reference["weight"] = weight;
        }
    }

    private JsonArray RulesOf(SplitRule rule) => Array(Array(Node(manifest, "spec"), "to")[rule.To] as JsonObject, "rules");

    private JsonArray FirstRules()
    {
        var spec = Node(manifest, "spec") ?? (JsonObject)(manifest["spec"] = new JsonObject());
        var to = spec["to"] as JsonArray ?? (JsonArray)(spec["to"] = new JsonArray());
        var entry = to.OfType<JsonObject>().FirstOrDefault(e => Points(e["targetRef"] as JsonObject));
        if (entry is null)
        {
            entry = new JsonObject { ["targetRef"] = Reference(Service) };
            to.Add(entry);
        }

        return entry["rules"] as JsonArray ?? (JsonArray)(entry["rules"] = new JsonArray());
    }

    private JsonArray? Backends(SplitRule rule, bool create)
    {
        if (RulesOf(rule)[rule.Index] is not JsonObject node)
        {
            return null;
        }

        if (node["default"] is not JsonObject conf)
        {
            if (!create)
            {
                return null;
            }

            node["default"] = conf = new JsonObject();
        }

        if (conf["backendRefs"] is not JsonArray backends)
        {
            if (!create)
            {
                return null;
            }

            conf["backendRefs"] = backends = new JsonArray();
        }

        return backends;
    }
}

/// <summary>One rule of a route, as it stands in the manifest.</summary>
/// <param name="To">Index in <c>spec.to</c>.</param>
/// <param name="Index">Index in <c>rules</c>.</param>
/// <param name="Matches">Which requests, in words: each entry is one alternative.</param>
/// <param name="TakesAll">Every request that came this far.</param>
/// <param name="Targets">Where they go; empty when the rule leaves the destination as it is.</param>
public sealed record SplitRule(int To, int Index, ImmutableArray<string> Matches, bool TakesAll, ImmutableArray<SplitTarget> Targets)
{
    /// <summary>Sum of weights.</summary>
    public long Total => Targets.Sum(t => t.Weight);

    /// <summary>Every weight is 0: requests get 503.</summary>
    public bool Drained => !Targets.IsEmpty && Total == 0;

    /// <summary>The rule's field path, Kuma's syntax.</summary>
    public string Field => string.Create(CultureInfo.InvariantCulture, $"spec.to[{To}].rules[{Index}]");

    /// <summary>Field path of a target.</summary>
    public string FieldOf(int target) => string.Create(CultureInfo.InvariantCulture, $"{Field}.default.backendRefs[{target}]");

    /// <summary>The share of a target, 0 to 1; 0 when the rule is drained.</summary>
    public double Share(int target) => Total == 0 ? 0 : (double)Targets[target].Weight / Total;

    /// <summary>Where the handle after a target stands, 0 to 1; evenly spread when the rule is drained.</summary>
    public double Border(int handle) => Total == 0
        ? (handle + 1d) / Targets.Length
        : (double)Targets.Take(handle + 1).Sum(t => t.Weight) / Total;

    internal static SplitRule Read(JsonObject rule, int to, int index)
    {
        var matches = SplitDraft.Array(rule, "matches").OfType<JsonObject>().ToList();
        return new SplitRule(
            to,
            index,
            [.. matches.Select(Describe)],
            matches.Count == 0 || matches.Any(IsEverything),
            [.. SplitDraft.Array(SplitDraft.Node(rule, "default"), "backendRefs").OfType<JsonObject>().Select(SplitTarget.Read)]);
    }

    /// <summary>A share as people read it: <c>75 %</c>, <c>0.1 %</c>, <c>&lt;0.1 %</c>; never NaN.</summary>
    public static string Percent(double share)
    {
        var percent = double.IsFinite(share) ? share * 100 : 0;
        return percent switch
        {
            0 => "0 %",
            < 0.1 => "<0.1 %",
            > 99.9 and < 100 => ">99.9 %",
            _ => string.Create(CultureInfo.InvariantCulture, $"{percent:0.#} %"),
        };
    }

    private static bool IsEverything(JsonObject match) =>
        match.Count == 0 || (match.Count == 1 && match["path"] is JsonObject path && SplitDraft.Text(path["type"]) == "PathPrefix" && SplitDraft.Text(path["value"]) == "/");

    private static string Describe(JsonObject match)
    {
        var parts = new List<string>();
        if (match["path"] is JsonObject path)
        {
            var value = SplitDraft.Text(path["value"]);
            parts.Add(SplitDraft.Text(path["type"]) switch
            {
                "PathPrefix" => value == "/" ? "path /*" : $"path {value}/*",
                "RegularExpression" => $"path ~ {value}",
                _ => $"path = {value}",
            });
        }

        if (SplitDraft.Text(match["method"]) is { } method)
        {
            parts.Add($"method {method}");
        }

        parts.AddRange(SplitDraft.Array(match, "headers").OfType<JsonObject>().Select(h => "header " + DescribePair(h)));
        parts.AddRange(SplitDraft.Array(match, "queryParams").OfType<JsonObject>().Select(q => "query " + DescribePair(q)));
        if (parts.Count > 1 && parts[0] == "path /*")
        {
            parts.RemoveAt(0); // every path: the other conditions say it
        }

        return parts.Count == 0 ? "every request" : string.Join(" and ", parts);
    }

    private static string DescribePair(JsonObject pair)
    {
        var (name, value) = (SplitDraft.Text(pair["name"]), SplitDraft.Text(pair["value"]));
        return SplitDraft.Text(pair["type"]) switch
        {
            "Present" => $"{name} present",
            "Absent" => $"{name} absent",
            "RegularExpression" => $"{name} ~ {value}",
            "Prefix" => $"{name} = {value}*",
            _ => $"{name} = {value}",
        };
    }
}

/// <summary>One destination of a rule.</summary>
/// <param name="Kind">Kind of the reference.</param>
/// <param name="Name">Name in the reference, or empty.</param>
/// <param name="Labels">Labels in the reference.</param>
/// <param name="Tags">Tags in the reference (the older kinds).</param>
/// <param name="Port">Port, or null.</param>
/// <param name="Weight">Weight; 1 when the reference has none, as Kuma counts it; 0 for what is no weight.</param>
/// <param name="WeightText">The weight as it is written.</param>
public sealed record SplitTarget(
    string Kind,
    string Name,
    ImmutableSortedDictionary<string, string> Labels,
    ImmutableSortedDictionary<string, string> Tags,
    int? Port,
    long Weight,
    string WeightText)
{
    /// <summary>The service's name for reading.</summary>
    public string Title => Labels.TryGetValue(Shared.Labels.DisplayName, out var name) ? name : Name.Length > 0 ? Name : string.Join(" ", Labels.Select(l => $"{l.Key}={l.Value}"));

    /// <summary>The zone it names, or empty.</summary>
    public string Zone => Labels.GetValueOrDefault(Shared.Labels.Zone, "");

    internal static SplitTarget Read(JsonObject reference) => new(
        SplitDraft.Text(reference["kind"]) ?? "",
        SplitDraft.Text(reference["name"]) ?? "",
        ReadMap(reference["labels"]),
        ReadMap(reference["tags"]),
        reference["port"] is JsonValue port && int.TryParse(port.ToJsonString(), NumberStyles.None, CultureInfo.InvariantCulture, out var p) ? p : null,
        ReadWeight(reference["weight"]),
        reference["weight"] is { } weight ? SplitDraft.Text(weight) ?? weight.ToJsonString() : "1");

    private static long ReadWeight(JsonNode? node) => node switch
    {
        null => 1,
        JsonValue v when v.GetValueKind() == JsonValueKind.Number && long.TryParse(v.ToJsonString(), NumberStyles.None, CultureInfo.InvariantCulture, out var weight) => Math.Min(weight, uint.MaxValue),
        _ => 0,
    };

    private static ImmutableSortedDictionary<string, string> ReadMap(JsonNode? node) =>
        Shared.Labels.None.AddRange((node as JsonObject ?? []).Select(l => KeyValuePair.Create(l.Key, SplitDraft.Text(l.Value) ?? "")));
}
