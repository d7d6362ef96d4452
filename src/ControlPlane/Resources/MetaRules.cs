using System.Text.RegularExpressions;
using MeshConsole.ControlPlane.Kinds;
using MeshConsole.Shared;
using ListenerType = MeshConsole.Protos.Kuma.Mesh.Dataplane.Types.Networking.Types.Listener.Types.Type;

namespace MeshConsole.ControlPlane.Resources;

/// <summary>The rules for name, mesh and labels: the same for all kinds (Kuma 2.14, with its texts).</summary>
public static partial class MetaRules
{
    private const string NameText = "invalid characters. A lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character";
    private const string LabelNameText = "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
    private const string LabelPrefixText = "prefix part a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
    private const string LabelValueText = "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";
    private static readonly string[] Immutable = [Labels.Origin, Labels.Zone, Labels.DisplayName];

    /// <summary>True for a name that REST accepts: an RFC 1123 subdomain of at most 253 characters.</summary>
    public static bool IsName(string name) => name.Length is > 0 and <= 253 && Subdomain().IsMatch(name);

    /// <summary>True for an RFC 1035 label: what a zone must be called.</summary>
    public static bool IsRfc1035Label(string name) => name.Length is > 0 and <= 63 && Rfc1035Label().IsMatch(name);

    /// <summary>Checks name, mesh and labels of a draft that a person wrote.</summary>
    public static void Check(Resource draft, Site site, ViolationList violations)
    {
        foreach (var (key, value) in draft.Labels)
        {
            CheckLabel(key, value, violations);
        }

        CheckOrigin(draft, site, violations, $"labels[\"{Labels.Origin}\"]");
        if (!site.IsGlobal)
        {
            if (draft.Zone is { } zone && zone != site.Zone)
            {
                violations.Add($"labels[\"{Labels.Zone}\"]", $"kuma.io/zone label should have {site.Zone} value");
            }

            if (draft.Labels.TryGetValue(Labels.Mesh, out var mesh) && mesh != draft.Mesh)
            {
                violations.Add($"labels[\"{Labels.Mesh}\"]", "kuma.io/mesh label must not differ from mesh set on resource");
            }

            if (site.Federated && site.Zone.Length + 1 + draft.Name.Length >= 253)
            {
                violations.Add("name", "the length of the name must be shorter");
            }
        }

        CheckName(draft.Name, violations);
        if (draft.Kind.Scope == Scope.Mesh && !MeshName().IsMatch(draft.Mesh))
        {
            violations.Add("mesh", "invalid characters. Valid characters are numbers, lowercase latin letters and '-', '_', '.' symbols.");
        }
    }

    /// <summary>Checks the label that says where a resource belongs; also before a deletion.</summary>
    public static void CheckOrigin(Resource resource, Site site, ViolationList violations, string field)
    {
        if (site.IsGlobal)
        {
            violations.AddIf(resource.Origin is not (null or Labels.OriginGlobal), field, "the origin label must be set to 'global'");
        }
        else if (resource.Origin is not (null or Labels.OriginGlobal or Labels.OriginZone))
        {
            violations.Add(field, "unknown resource origin: " + resource.Origin);
        }
        else if (site.Federated && !resource.Kind.Flat && resource.Kind.Flow.HasFlag(Flow.GlobalToZone))
        {
            violations.AddIf(resource.Origin != Labels.OriginZone, field, "the origin label must be set to 'zone'");
        }
    }

    /// <summary>Checks that an update leaves the labels alone that say where a resource came from.</summary>
    public static void CheckImmutable(Resource stored, Resource draft, ViolationList violations)
    {
        foreach (var label in Immutable)
        {
            if (!stored.Labels.TryGetValue(label, out var before))
            {
                continue;
            }

            if (!draft.Labels.TryGetValue(label, out var after))
            {
                violations.Add($"labels[\"{label}\"]", "is immutable, cannot be removed");
            }
            else if (after != before)
            {
                violations.Add($"labels[\"{label}\"]", $"is immutable, cannot be changed from \"{before}\" to \"{after}\"");
            }
        }
    }

    /// <summary>The labels as stored: those a person wrote and those the control plane computes.</summary>
    public static Resource WithComputedLabels(Resource draft, Site site)
    {
        var labels = draft.Labels;
        if (draft.Kind.Scope == Scope.Mesh && !(site.IsGlobal && labels.ContainsKey(Labels.Mesh)))
        {
            labels = labels.SetItem(Labels.Mesh, draft.Mesh);
        }

        // A zone on its own may hold what says of itself that global wrote it; it stays so.
        if (!site.IsGlobal && (draft.Kind.Flow & (Flow.ZoneToGlobal | Flow.ZoneLocal)) != 0 && labels.GetValueOrDefault(Labels.Origin) != Labels.OriginGlobal)
        {
            labels = labels
                .SetItem(Labels.Origin, Labels.OriginZone)
                .SetItem(Labels.Zone, site.Zone)
                .SetItem(Labels.Env, "universal");
        }

        // Policies at global find a zone's service by this label, so that it must be there from the start.
        if (!site.IsGlobal && draft.Kind.Name == "MeshService" && !labels.ContainsKey(Labels.DisplayName))
        {
            labels = labels.SetItem(Labels.DisplayName, draft.Name);
        }

        var proxyType = draft.Kind.Name switch
        {
            "Dataplane" => "sidecar",
            "ZoneIngress" => "zoneingress",
            "ZoneEgress" => "zoneegress",
            _ => null,
        };
        if (proxyType is not null)
        {
            labels = labels.SetItem(Labels.ProxyType, proxyType); // whatever the writer says
        }

        if (draft.Kind is DataplaneKind dataplanes)
        {
            foreach (var listener in dataplanes.Spec(draft).Networking?.Listeners ?? [])
            {
                labels = labels.SetItem(listener.Type == ListenerType.ZoneEgress ? Labels.ListenerZoneEgress : Labels.ListenerZoneIngress, "enabled");
            }
        }

        return ReferenceEquals(labels, draft.Labels) ? draft : draft.With(labels: labels);
    }

    private static void CheckName(string name, ViolationList violations)
    {
        if (name.Length == 0)
        {
            violations.Add("name", "cannot be empty");
        }
        else if (name.Length > 253)
        {
            violations.Add("name", "value length must less or equal 253");
        }
        else if (!Subdomain().IsMatch(name))
        {
            violations.Add("name", NameText);
        }
    }

    private static void CheckLabel(string key, string value, ViolationList violations)
    {
        var field = $"labels[\"{key}\"]";
        var slash = key.IndexOf('/', StringComparison.Ordinal);
        var namePart = slash < 0 ? key : key[(slash + 1)..];
        if (slash >= 0 && (slash is 0 or > 253 || !Subdomain().IsMatch(key[..slash])))
        {
            violations.Add(field, LabelPrefixText);
        }

        if (namePart.Length is 0 or > 63 || !LabelName().IsMatch(namePart))
        {
            violations.Add(field, namePart.Length > 63 ? "name part must be no more than 63 characters" : LabelNameText);
        }

        if (value.Length > 63)
        {
            violations.Add(field, "must be no more than 63 characters");
        }
        else if (value.Length > 0 && !LabelName().IsMatch(value))
        {
            violations.Add(field, LabelValueText);
        }
    }

    [GeneratedRegex("^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$", RegexOptions.NonBacktracking)]
    private static partial Regex Subdomain();

    [GeneratedRegex("^[a-z]([-a-z0-9]*[a-z0-9])?$", RegexOptions.NonBacktracking)]
    private static partial Regex Rfc1035Label();

    [GeneratedRegex("^[0-9a-z.\\-_]{1,253}$", RegexOptions.NonBacktracking)]
    private static partial Regex MeshName();

    [GeneratedRegex("^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$", RegexOptions.NonBacktracking)]
    private static partial Regex LabelName();
}
