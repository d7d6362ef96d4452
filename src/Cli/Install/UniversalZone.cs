using System.Text;

namespace MeshConsole.Cli.Install;

/// <summary>A zone control plane as a systemd service on a virtual machine: its unit and its environment file.</summary>
internal sealed record UniversalZone
{
    /// <summary>Name of the unit.</summary>
    public const string UnitFile = "meshconsole-zone.service";

    /// <summary>Name of the environment file, below <see cref="ConfigFolder"/> on the machine.</summary>
    public const string EnvironmentFile = "zone.env";

    /// <summary>Where environment file, token and CA lie on the machine.</summary>
    public const string ConfigFolder = "/etc/meshconsole";

    /// <summary>Name of the zone.</summary>
    public required string Zone { get; init; }

    /// <summary>Where global listens for zones; empty for a zone on its own.</summary>
    public string Global { get; init; } = "";

    /// <summary>Where the zone token lies on the machine; empty for none.</summary>
    public string TokenFile { get; init; } = "";

    /// <summary>Where the CA of global's certificate lies on the machine; empty for none.</summary>
    public string CaFile { get; init; } = "";

    /// <summary>SHA-256 of a certificate that global presents; empty for none.</summary>
    public string CaFingerprint { get; init; } = "";

    /// <summary>True: global's certificate is not checked.</summary>
    public bool TlsSkipVerify { get; init; }

    /// <summary>Where the program lies on the machine.</summary>
    public string Program { get; init; } = "/opt/meshconsole/meshconsole";

    /// <summary>User that it runs as.</summary>
    public string User { get; init; } = "meshconsole";

    /// <summary>Directory of store, keys and certificates.</summary>
    public string DataDir { get; init; } = "/var/lib/meshconsole";

    /// <summary>The unit.</summary>
    public string Unit()
    {
        var state = DataDir.StartsWith("/var/lib/", StringComparison.Ordinal) && DataDir.Length > "/var/lib/".Length
            ? $"StateDirectory={DataDir["/var/lib/".Length..].TrimEnd('/')}\nStateDirectoryMode=0700"
            : $"ReadWritePaths={DataDir}";
        return $"""
            [Unit]
            Description=MeshConsole zone control plane ({Zone})
            After=network-online.target
            Wants=network-online.target

            [Service]
            Type=simple
            User={User}
            Group={User}
            EnvironmentFile={ConfigFolder}/{EnvironmentFile}
            ExecStart={Program} zone
            Restart=always
            RestartSec=2
            TimeoutStopSec=30
            LimitNOFILE=65536
            {state}
            UMask=0077
            NoNewPrivileges=true
            ProtectSystem=strict
            ProtectHome=true
            PrivateTmp=true
            PrivateDevices=true
            ProtectKernelTunables=true
            ProtectKernelModules=true
            ProtectControlGroups=true
            RestrictSUIDSGID=true
            RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX

            [Install]
            WantedBy=multi-user.target

            """;
    }

    /// <summary>The environment file: settings of the zone, nothing secret.</summary>
    public string Environment()
    {
        var text = new StringBuilder();
        text.Append("# Settings of the zone control plane; each is MESHCONSOLE__Section__Key.\n");
        Add("Zone__Name", Zone);
        Add("Zone__Global", Global);
        Add("Zone__TokenFile", TokenFile);
        Add("Zone__CaFile", CaFile);
        Add("Zone__CaFingerprint", CaFingerprint);
        Add("Zone__TlsSkipVerify", TlsSkipVerify ? "true" : "");
        Add("DataDir", DataDir);
        return text.ToString();

        void Add(string key, string value)
        {
            if (value.Length > 0)
            {
                text.Append("MESHCONSOLE__").Append(key).Append('=').Append(value).Append('\n');
            }
        }
    }

    /// <summary>What to do on the machine, step by step.</summary>
    public IEnumerable<string> Steps()
    {
        yield return $"useradd --system --home-dir {DataDir} --shell /usr/sbin/nologin {User}";
        yield return $"install -d -m 0755 {ConfigFolder} && install -m 0644 {EnvironmentFile} {ConfigFolder}/";
        if (TokenFile.Length > 0)
        {
            yield return $"install -m 0600 -o {User} zone.token {TokenFile}    # the token: meshctl generate zone-token --zone {Zone} --scope cp --out-file zone.token";
        }

        if (CaFile.Length > 0)
        {
            yield return $"install -m 0644 ca.crt {CaFile}    # the CA of global's certificate";
        }

        yield return $"install -m 0644 {UnitFile} /etc/systemd/system/ && systemctl daemon-reload";
        yield return $"systemctl enable --now {UnitFile.Replace(".service", "", StringComparison.Ordinal)}";
        if (Global.Length > 0)
        {
            yield return $"meshctl get zone {Zone} --watch    # where you reach global";
        }
    }
}
