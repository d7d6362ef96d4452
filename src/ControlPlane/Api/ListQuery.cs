using System.Globalization;
using MeshConsole.ControlPlane.Store;
using MeshConsole.Shared;
using Microsoft.AspNetCore.Http;

namespace MeshConsole.ControlPlane.Api;

/// <summary>Paging and filters of a list, as Kuma reads them.</summary>
internal sealed class ListQuery
{
    private const int DefaultSize = 100;
    private const int MaxSize = 1000;
    private const string Title = "Could not retrieve resources";

    public int Offset { get; private init; }

    public int Size { get; private init; } = DefaultSize;

    public string? Name { get; private init; }

    public IReadOnlyList<(string Key, string Value)> LabelFilters { get; private init; } = [];

    public IReadOnlyList<(string Key, string Value)> Tags { get; private init; } = [];

    public string? Gateway { get; private init; }

    /// <summary>Reads the query; <paramref name="route"/> is the route's template, which Kuma puts before field names.</summary>
    public static Result<ListQuery> Read(HttpRequest request, string route, bool hasTags)
    {
        var query = request.Query;
        var size = DefaultSize;
        if (query.TryGetValue("size", out var sizeText) && sizeText.Count > 0)
        {
            if (!int.TryParse(sizeText[0], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out size))
            {
                return BadSize("invalid format");
            }

            if (size <= 0)
            {
                return BadSize("must be greater than 0");
            }

            if (size > MaxSize)
            {
                return BadSize($"invalid page size of {size}. Maximum page size is {MaxSize}");
            }
        }

        var offset = 0;
        if (query.TryGetValue("offset", out var offsetText) && !string.IsNullOrEmpty(offsetText[0])
            && (!int.TryParse(offsetText[0], NumberStyles.None, CultureInfo.InvariantCulture, out offset) || offset < 0))
        {
            return new Refusal(RefusalReason.Malformed, Title, $"invalid: invalid offset: strconv.Atoi: parsing \"{offsetText[0]}\": invalid syntax");
        }

        var violations = new ViolationList();
        var labels = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (key, values) in query)
        {
            if (!key.StartsWith("filter[", StringComparison.Ordinal))
            {
                continue;
            }

            var close = key.IndexOf(']', StringComparison.Ordinal);
            var inner = close < 0 ? "" : key[7..close];
            if (!inner.StartsWith("labels.", StringComparison.Ordinal))
            {
                violations.Add($"{route}.{key}", "filters are only supported on labels");
            }
            else if (close != key.Length - 1)
            {
                violations.Add($"{route}.{key}", "advanced filters are not supported");
            }
            else
            {
                labels[inner["labels.".Length..]] = values[^1] ?? "";
            }
        }

        var gateway = hasTags ? query["gateway"].FirstOrDefault() : null;
        if (gateway is not (null or "" or "true" or "false" or "builtin" or "delegated"))
        {
            violations.Add($"{route}.gateway", $"shoud use `true`, `false`, 'builtin' or 'delegated' instead of {gateway}");
        }

        if (!violations.IsEmpty)
        {
            return Refusal.Invalid(violations, Title);
        }

        return new ListQuery
        {
            Offset = offset,
            Size = size,
            Name = query["name"].FirstOrDefault() is { Length: > 0 } name ? name : null,
            LabelFilters = [.. labels.Select(l => (l.Key, l.Value))],
            Tags = hasTags ? [.. query["tag"].Select(Tag).Where(t => t.Key.Length > 0)] : [],
            Gateway = string.IsNullOrEmpty(gateway) ? null : gateway,
        };
    }

    /// <summary>The page and the count of a table; without filters nothing behind the page is looked at.</summary>
    /// <param name="table">All resources of the kind.</param>
    /// <param name="mesh">The mesh, or null for all.</param>
    public (IReadOnlyList<Resource> Page, int Total) Apply(KindTable table, string? mesh) =>
        Name is null && Gateway is null && LabelFilters.Count == 0 && Tags.Count == 0
            ? (table.Page(mesh, Offset, Size), mesh is null ? table.Count : table.CountIn(mesh))
            : Apply(mesh is null ? table.All : table.In(mesh).Values);

    /// <summary>Filters the resources, cuts the page and counts.</summary>
    public (IReadOnlyList<Resource> Page, int Total) Apply(IEnumerable<Resource> resources, Func<Resource, bool>? and = null)
    {
        var page = new List<Resource>();
        var total = 0;
        foreach (var resource in resources)
        {
            if (!Fits(resource) || (and is not null && !and(resource)))
            {
                continue;
            }

            if (total >= Offset && page.Count < Size)
            {
                page.Add(resource);
            }

            total++;
        }

        return (page, total);
    }

    /// <summary>Address of the next page, or null on the last one.</summary>
    public string? Next(HttpRequest request, int total)
    {
        if (Offset >= total - Size) // the sum may be more than an int holds
        {
            return null;
        }

        var query = request.Query.Where(q => q.Key != "offset")
            .SelectMany(q => q.Value.Select(v => KeyValuePair.Create(q.Key, v)))
            .Prepend(KeyValuePair.Create("offset", (string?)(Offset + Size).ToString(CultureInfo.InvariantCulture)));
        return $"{request.Scheme}://{request.Host}{request.PathBase}{request.Path}{QueryString.Create(query)}";
    }

    private static (string Key, string Value) Tag(string? text)
    {
        var colon = text?.IndexOf(':', StringComparison.Ordinal) ?? -1;
        return colon <= 0 ? ("", "") : (text![..colon], text[(colon + 1)..]);
    }

    private static Refusal BadSize(string message) =>
        new(RefusalReason.Malformed, Title, "Invalid page size") { Violations = [new Violation("size", message)] };

    /// <summary>True for a resource that the filters let through.</summary>
    public bool Fits(Resource resource)
    {
        if (Name is not null && !resource.Name.Contains(Name, StringComparison.Ordinal))
        {
            return false;
        }

        foreach (var (key, value) in LabelFilters)
        {
            if (!resource.Labels.TryGetValue(key, out var have) || have != value)
            {
                return false;
            }
        }

        if (Gateway is not null && !ProxyTags.OfGateway(resource, Gateway))
        {
            return false;
        }

        return Tags.Count == 0 || ProxyTags.HasAll(resource, Tags);
    }
}
